"""Where models run: the device, the number type and how much memory all of them together may take."""

import importlib.util
import os
import shutil
import sys
import threading
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.settings import settings

ITEM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_SHARE = 0.6  # of the device's memory for weights; the rest is for activations and everything else
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_importing = threading.Lock()


@dataclass(frozen=True)
class Placement:
    """A device as torch names it (cpu, cuda:0, mps) and the number type of weights on it.

    A model that is ``spread`` keeps in the machine's memory what the card has no room for, and is slower.
    """

    device: str
    dtype: str
    spread: bool = False

    @property
    def exact(self) -> "Placement":
        """The same in single precision."""
        return replace(self, dtype="float32")

    @property
    def torch_dtype(self) -> Any:
        """The number type as torch's own object."""
        return getattr(framework(), self.dtype)


@cache
def installed() -> bool:
    """Whether the packages of the extra ``local`` are here; imports nothing."""
    return all(importlib.util.find_spec(name) for name in ("accelerate", "diffusers", "torch", "transformers"))


def device() -> str:
    """The device for models: the owner's setting, else the best there seems to be. Imports nothing heavy."""
    return _best_device() if settings().device == "auto" else settings().device


@cache
def _best_device() -> str:
    if sys.platform == "darwin" and os.uname().machine == "arm64":
        return "mps"
    return "cuda:0" if shutil.which("nvidia-smi") and "+cpu" not in version("torch") else "cpu"


def placement() -> Placement:
    """Device and number type for this process; a device that is missing after all gives way to the CPU."""
    torch, name = framework(), device()
    if name.startswith("cuda") and torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return Placement(name, "bfloat16" if native else "float16")
    if name == "mps" and torch.backends.mps.is_available():
        return Placement(name, "float16")
    return Placement("cpu", "float32")


def budget() -> int:
    """Bytes that all loaded models together may take: the setting, else a share of what the device has for us.

    Of a card that is what is free and what this process holds of it: other programs keep theirs.
    """
    if (gibibytes := settings().memory) is not None:
        return int(gibibytes * 2**30)
    where = placement().device
    if where.startswith("cuda"):
        cuda = framework().cuda
        return int((cuda.mem_get_info(where)[0] + cuda.memory_reserved(where)) * _SHARE)
    return int(_ram() * _SHARE)


def beside(place: Placement) -> Placement | None:
    """Where a model goes for which the device has no room: spread over a card and the machine's memory, or nowhere."""
    if not place.device.startswith("cuda") or place.spread or settings().memory is not None:
        return None
    return replace(place, spread=True)


def shares() -> dict[int | str, int]:
    """Bytes of a spread model on the card, and in the machine's memory, as accelerate wants them."""
    card = framework().device(placement().device).index or 0
    return {card: budget(), "cpu": int(_ram() * _SHARE)}


def _ram() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _CGROUP_LIMIT.read_text().strip() if _CGROUP_LIMIT.exists() else "max"
    return total if limit == "max" else min(total, int(limit))


def framework() -> Any:
    """Torch, imported with transformers by one thread only: a half-finished import is fatal for the others."""
    with _importing:
        return _import_quietly()


@cache
def _import_quietly() -> Any:
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return torch


def share_cores(running: int) -> None:
    """Give this thread its part of the CPU: two models with half the cores each beat two that both want all."""
    framework().set_num_threads(max(1, _cores() // running))


def _cores() -> int:
    """Those that this process may use, or as many as it was told to, as Ray tells its workers."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal():
        return int(threads)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def may_fit(parameters: int) -> bool:
    """Whether a model of so many parameters could be loaded, as far as that can be told without torch."""
    name, gibibytes = device(), settings().memory
    if gibibytes is None and name.startswith("cuda"):
        return True  # only torch knows how much memory the card has; the pool asks it
    room = _ram() * _SHARE if gibibytes is None else gibibytes * 2**30
    return parameters * ITEM_BYTES["float32" if name == "cpu" else "float16"] <= room
