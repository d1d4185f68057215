"""Takes models from the Hub: first what describes one, then its weights, and only where there is room for them."""

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import httpx
from huggingface_hub import HfApi, constants, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    NotASafetensorsRepoError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    SafetensorsParsingError,
)

from tools.errors import ModelUnavailable
from tools.settings import settings

PICKLE_ONLY = "has no safetensors weights; pickled weights can run code when read, so they are never loaded."
_DESCRIBING = ("*.json", "*.txt", "*.model", "*.jinja", "README.md")
_ELSEWHERE = ("onnx/*", "openvino/*", "coreml/*")  # the same model for other libraries
_BRIEF = 4 * 2**20  # bytes of a file that is read before it is certain that the model will be taken
_SPARE = 2**30  # bytes left free on the disk, for results and for everyone else


@dataclass(frozen=True)
class Listing:
    """The files of a repository at one commit: their sizes in bytes by name."""

    model: str
    revision: str | None
    commit: str
    sizes: Mapping[str, int]

    @property
    def describing(self) -> list[str]:
        """The files that are not weights but that loading may read."""
        wanted = (name for name in self.sizes if any(fnmatch(name, pattern) for pattern in _DESCRIBING))
        return [name for name in wanted if not any(fnmatch(name, pattern) for pattern in _ELSEWHERE)]


def listing(model: str, revision: str | None = None) -> Listing:
    """What the Hub has of a model. Raises ModelUnavailable: not there, not allowed, not in reach, or pickled."""
    with _explained_errors(model, revision):
        about = HfApi().model_info(model, revision=revision, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in about.siblings or []}
    if not any(name.endswith((".safetensors", ".skops")) for name in sizes):
        raise ModelUnavailable(f"{model} {PICKLE_ONLY}")
    return Listing(model, revision, about.sha or "main", sizes)


def describe(there: Listing) -> Path:
    """Download the small files that describe a model; the folder they are in. Raises ModelUnavailable."""
    return _take(there, [name for name in there.describing if there.sizes[name] <= _BRIEF])


def fetch(there: Listing, weights: Collection[str]) -> Path:
    """Download those weights and all that describes them, never pickles or code; the folder they are in.

    Raises:
        ModelUnavailable: there is no room for it, or the Hub is out of reach.
    """
    wanted = [*there.describing, *weights]
    missing = (name for name in wanted if not try_to_load_from_cache(there.model, name, revision=there.commit))
    _check_room(there.model, sum(there.sizes[name] for name in missing))
    return _take(there, wanted)


def tensors(there: Listing, file: str) -> list[tuple[str, list[int]]]:
    """Number type and shape of every tensor in a safetensors file on the Hub, of which only the head is read."""
    if file.endswith(".skops"):
        return [("U8", [there.sizes[file]])]
    with _explained_errors(there.model, there.revision):
        head = HfApi().parse_safetensors_file_metadata(there.model, file, revision=there.commit)
    return [(tensor.dtype, tensor.shape) for tensor in head.tensors.values()]


def _take(there: Listing, names: Collection[str]) -> Path:
    with _explained_errors(there.model, there.revision):
        return Path(snapshot_download(there.model, revision=there.revision, allow_patterns=[*names]))


@contextmanager
def _explained_errors(model: str, revision: str | None) -> Iterator[None]:
    """What the Hub's client raises, as a sentence that says what to do."""
    try:
        yield
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"{model} is gated: accept its terms at {constants.ENDPOINT}/{model} and set HF_TOKEN."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ModelUnavailable(f"There is no model {model} on the Hub: check its name.") from error
    except RevisionNotFoundError as error:
        raise ModelUnavailable(f"{model} has no revision {revision}: choose another one.") from error
    except (NotASafetensorsRepoError, SafetensorsParsingError) as error:
        raise ModelUnavailable(f"The weights of {model} cannot be read: choose another model.") from error
    except (HfHubHTTPError, OfflineModeIsEnabled, LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise ModelUnavailable(f"{model} is not on this machine and could not be downloaded: {error}") from error


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
