"""A model's files, on this disk or still on the Hub, judged before anything of them is loaded."""

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

from tools.backends.local import download
from tools.backends.local.download import PICKLE_ONLY, Listing
from tools.backends.local.placement import ITEM_BYTES
from tools.backends.local.weights import chosen
from tools.errors import ModelUnavailable

_PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".joblib", ".h5", ".msgpack"}
_FLOATS = {"F64", "F32", "F16", "BF16"}
_BITS = {"I64": 64, "U64": 64, "I32": 32, "U32": 32, "I16": 16, "U16": 16}


@dataclass(frozen=True)
class Checkpoint:
    """A model's folder with its configuration read: config.json, or model_index.json of a diffusers pipeline.

    ``there`` lists its files on the Hub, where its weights are not in the folder yet.
    """

    model: str
    folder: Path
    config: Mapping[str, Any]
    there: Listing | None = None

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

    @property
    def names(self) -> list[str]:
        """All files, as paths relative to the folder."""
        if self.there is not None:
            return list(self.there.sizes)
        return [file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*") if file.is_file()]

    def weights(self, dtype: str) -> tuple[str, ...]:
        """The files that loading with this number type would read, relative to the folder.

        Raises ModelUnavailable where there are none, or where some shards are missing.
        """
        names = self.names
        files, missing = chosen(names, self._parts(), self._variants(dtype))
        if missing:
            raise ModelUnavailable(f"{self.model} is incomplete here ({missing} is missing): download it again.")
        if not files:
            pickled = any(Path(name).suffix in _PICKLED for name in names)
            raise ModelUnavailable(
                f"{self.model} {PICKLE_ONLY if pickled else 'has no weights here: download it again.'}"
            )
        return files

    def variant(self, dtype: str) -> str | None:
        """The suffix of the weights' names, where a pipeline has some that were saved in half precision."""
        return "fp16" if self.is_pipeline and any(".fp16" in name for name in self.weights(dtype)) else None

    def bytes(self, dtype: str) -> int:
        """Bytes of all weights once loaded with this number type, from the files' headers alone."""
        tensors = (tensor for name in self.weights(dtype) for tensor in self._tensors(name))
        return sum(_tensor_bytes(*tensor, dtype) for tensor in tensors)

    def _variants(self, dtype: str) -> tuple[str, ...]:
        """Weights saved in half precision are for pipelines alone, and best where that is how they are loaded."""
        if not self.is_pipeline:
            return ("",)
        return ("", "fp16") if dtype == "float32" else ("fp16", "")

    def _parts(self) -> tuple[str, ...]:
        """The folders of a pipeline's parts; the folder itself, as an empty name, for any other model."""
        if not self.is_pipeline:
            return ("",)
        return tuple(name for name, kind in self.config.items() if isinstance(kind, list) and kind and kind[0])

    def _tensors(self, name: str) -> Iterable[tuple[str, Sequence[int]]]:
        return _tensors(self.folder / name) if self.there is None else download.tensors(self.there, name)


def find(model: str, revision: str | None = None) -> Path | None:
    """The folder of a model that is already on this machine: a path, or a snapshot in the Hub's cache."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    try:
        return Path(snapshot_download(model, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None


def read(model: str, folder: Path, there: Listing | None = None) -> Checkpoint:
    """Read a folder's configuration. Raises ModelUnavailable when there is none to read."""
    for name in ("model_index.json", "config.json"):
        if (folder / name).is_file():
            try:
                return Checkpoint(model, folder, json.loads((folder / name).read_text(encoding="utf-8")), there)
            except ValueError as error:
                raise ModelUnavailable(f"{name} of {model} is not valid JSON: download the model again.") from error
    raise ModelUnavailable(f"{model} has no config.json: it is not a transformers or diffusers model.")


def open_checkpoint(model: str, revision: str | None = None, *, may_download: bool = False) -> Checkpoint:
    """A model with its configuration, of which no more is downloaded yet. Raises ModelUnavailable."""
    folder = find(model, revision)
    if folder is not None and (Path(model).is_dir() or _complete(folder, model)):
        return read(model, folder)
    if not may_download:
        raise ModelUnavailable(f"{model} is not on this machine, and downloads are off: see HUGGINGGPT_DOWNLOAD.")
    there = download.listing(model, revision)
    return read(model, download.describe(there), there)


def complete(checkpoint: Checkpoint, dtype: str) -> Checkpoint:
    """The model with its weights, downloaded where they are still on the Hub. Raises ModelUnavailable."""
    if checkpoint.there is None:
        return checkpoint
    folder = download.fetch(checkpoint.there, checkpoint.weights(dtype))
    return replace(checkpoint, folder=folder, there=None)


def _complete(folder: Path, model: str) -> bool:
    try:
        return bool(read(model, folder).weights("float32"))
    except ModelUnavailable:
        return False


def _tensors(file: Path) -> Iterable[tuple[str, Sequence[int]]]:
    """Number type and shape of the tensors that a safetensors file declares. A skops file counts as its size."""
    if file.suffix == ".skops":
        return [("U8", [file.stat().st_size])]
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(min(length, 100 * 2**20)))
    except (ValueError, struct.error) as error:
        raise ModelUnavailable(f"{file.name} in {file.parent} is damaged: download the model again.") from error
    return [(entry["dtype"], entry["shape"]) for name, entry in header.items() if name != "__metadata__"]


def _tensor_bytes(stored: str, shape: Sequence[int], dtype: str) -> int:
    bits = ITEM_BYTES[dtype] * 8 if stored in _FLOATS else _BITS.get(stored, 8)
    return int(math.prod(shape)) * bits // 8
