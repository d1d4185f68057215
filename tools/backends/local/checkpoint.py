"""A model's files: found, or fetched (download.py), and judged before anything of them is loaded."""

import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

from tools.backends.local.download import PICKLE_ONLY, fetch
from tools.backends.local.placement import ITEM_BYTES
from tools.errors import ModelUnavailable

_PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".joblib", ".h5", ".msgpack"}
_FLOATS = {"F64", "F32", "F16", "BF16"}
_BITS = {"I64": 64, "U64": 64, "I32": 32, "U32": 32, "I16": 16, "U16": 16}


@dataclass(frozen=True)
class Checkpoint:
    """A model's folder with its configuration read: config.json, or model_index.json of a diffusers pipeline."""

    model: str
    folder: Path
    config: Mapping[str, Any]

    @property
    def architectures(self) -> tuple[str, ...]:
        """The classes the weights were saved from."""
        named = self.config.get("architectures") or [self.config.get("_class_name", "")]
        return tuple(name for name in named if name)

    @property
    def is_pipeline(self) -> bool:
        """Whether this is a whole diffusers pipeline, one folder per part."""
        return (self.folder / "model_index.json").exists()

    @property
    def revision(self) -> str | None:
        """The commit on the Hub, where the folder is a snapshot in its cache."""
        return self.folder.name if self.folder.parent.name == "snapshots" else None

    @cached_property
    def weights(self) -> tuple[Path, ...]:
        """The safetensors files that loading would read.

        Raises ModelUnavailable where there are none, or where some shards are missing.
        """
        folders = [p for p in sorted(self.folder.iterdir()) if p.is_dir()] if self.is_pipeline else [self.folder]
        files = tuple(file for folder in folders for file in _weight_files(folder))
        missing = [file.name for file in files if not file.exists()]
        if missing:
            raise ModelUnavailable(f"{self.model} is incomplete here ({missing[0]} is missing): download it again.")
        if not files:
            raise ModelUnavailable(f"{self.model} {_why_no_weights(self.folder)}")
        return files

    def bytes(self, dtype: str) -> int:
        """Bytes of all weights once loaded with this number type, from the files' headers alone."""
        return sum(_tensor_bytes(header, dtype) for file in self.weights for header in _headers(file))


def find(model: str, revision: str | None = None) -> Path | None:
    """The folder of a model that is already on this machine: a path, or a snapshot in the Hub's cache."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    try:
        return Path(snapshot_download(model, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None


def read(model: str, folder: Path) -> Checkpoint:
    """Read a folder's configuration. Raises ModelUnavailable when there is none to read."""
    for name in ("model_index.json", "config.json"):
        if (folder / name).is_file():
            try:
                return Checkpoint(model, folder, json.loads((folder / name).read_text(encoding="utf-8")))
            except ValueError as error:
                raise ModelUnavailable(f"{name} of {model} is not valid JSON: download the model again.") from error
    raise ModelUnavailable(f"{model} has no config.json: it is not a transformers or diffusers model.")


def _why_no_weights(folder: Path) -> str:
    pickled = any(file.suffix in _PICKLED for file in folder.rglob("*"))
    return PICKLE_ONLY if pickled else "has no weights here: download it again."


def _weight_files(folder: Path) -> Iterable[Path]:
    if skops := sorted(folder.glob("*.skops")):
        return skops
    for stem in ("model", "diffusion_pytorch_model"):
        index = folder / f"{stem}.safetensors.index.json"
        if index.exists():
            return sorted({folder / name for name in json.loads(index.read_text())["weight_map"].values()})
        if (folder / f"{stem}.safetensors").exists():
            return [folder / f"{stem}.safetensors"]
    return []


def _headers(file: Path) -> Iterable[Mapping[str, Any]]:
    """The tensors that a safetensors file declares: ``{"dtype", "shape"}`` each. A skops file counts as its size."""
    if file.suffix == ".skops":
        return [{"dtype": "U8", "shape": [file.stat().st_size]}]
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(min(length, 100 * 2**20)))
    except (ValueError, struct.error) as error:
        raise ModelUnavailable(f"{file.name} in {file.parent} is damaged: download the model again.") from error
    return [entry for name, entry in header.items() if name != "__metadata__"]


def _tensor_bytes(entry: Mapping[str, Any], dtype: str) -> int:
    bits = ITEM_BYTES[dtype] * 8 if entry["dtype"] in _FLOATS else _BITS.get(entry["dtype"], 8)
    return int(math.prod(entry["shape"])) * bits // 8


def open_checkpoint(model: str, revision: str | None = None, *, may_download: bool = False) -> Checkpoint:
    """A model ready to be loaded, downloaded first where that is needed and allowed. Raises ModelUnavailable."""
    folder = find(model, revision)
    if folder is not None:
        checkpoint = read(model, folder)
        if Path(model).is_dir() or _complete(checkpoint):
            return checkpoint
    if not may_download:
        raise ModelUnavailable(f"{model} is not on this machine, and downloads are off: see HUGGINGGPT_DOWNLOAD.")
    return read(model, fetch(model, revision))


def _complete(checkpoint: Checkpoint) -> bool:
    try:
        return bool(checkpoint.weights)
    except ModelUnavailable:
        return False
