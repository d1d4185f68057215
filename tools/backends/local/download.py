"""Fetches a model from the Hub: only what running it needs, and only where there is room for it."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import httpx
from huggingface_hub import HfApi, ModelInfo, constants, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]  # exported, though not by name

from tools.errors import ModelUnavailable
from tools.settings import settings

PICKLE_ONLY = "has no safetensors weights; pickled weights can run code when read, so they are never loaded."
_WANTED = ["*.json", "*.txt", "*.model", "*.jinja", "*.skops", "README.md"] + [
    f"{folder}{name}*.safetensors" for folder in ("", "*/") for name in ("model", "diffusion_pytorch_model")
]
_UNWANTED = ["*.fp16.safetensors", "*.bf16.safetensors", "*.non_ema.safetensors", "onnx/*", "openvino/*", "coreml/*"]
_SPARE = 2**30  # bytes left free on the disk, for results and for everyone else


def fetch(model: str, revision: str | None = None) -> Path:
    """Download what running the model needs, never pickled weights or code; the folder it is in.

    Raises:
        ModelUnavailable: it is not there, not allowed, not in reach, or there is no room for it.
    """
    try:
        about = HfApi().model_info(model, revision=revision, files_metadata=True)
        files = about.siblings or []
        if not any(file.rfilename.endswith((".safetensors", ".skops")) for file in files):
            raise ModelUnavailable(f"{model} {PICKLE_ONLY}")
        _check_room(model, sum(file.size or 0 for file in _missing(about, files)))
        return Path(snapshot_download(model, revision=revision, allow_patterns=_WANTED, ignore_patterns=_UNWANTED))
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"{model} is gated: accept its terms at {constants.ENDPOINT}/{model} and set HF_TOKEN."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ModelUnavailable(f"There is no model {model} on the Hub: check its name.") from error
    except RevisionNotFoundError as error:
        raise ModelUnavailable(f"{model} has no revision {revision}: choose another one.") from error
    except (HfHubHTTPError, OfflineModeIsEnabled, LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise ModelUnavailable(f"{model} is not on this machine and could not be downloaded: {error}") from error


def _missing(about: ModelInfo, files: Iterable[RepoSibling]) -> Iterable[RepoSibling]:
    """The wanted files that are not in the Hub's cache yet."""
    wanted = filter_repo_objects(
        files, allow_patterns=_WANTED, ignore_patterns=_UNWANTED, key=lambda file: file.rfilename
    )
    return (file for file in wanted if not try_to_load_from_cache(about.id, file.rfilename, revision=about.sha))


def _check_room(model: str, needed: int) -> None:
    """Refuse before it begins a download for which there is no room, or which is larger than the owner allows."""
    allowed, cache = settings().max_download, Path(constants.HF_HUB_CACHE)
    if allowed is not None and needed > allowed * 2**30:
        raise ModelUnavailable(
            f"{model} would be a download of {needed / 2**30:.1f} GiB, and HUGGINGGPT_MAX_DOWNLOAD allows {allowed:g}:"
            " raise it, or choose a smaller model."
        )
    free = shutil.disk_usage(next(folder for folder in (cache, *cache.parents) if folder.exists())).free
    if needed > max(0, free - _SPARE):
        raise ModelUnavailable(
            f"{model} needs {needed / 2**30:.1f} GiB of disk, and {free / 2**30:.1f} GiB are free in {cache}:"
            " free some, or set HF_HOME to a folder on a larger disk."
        )
