"""What went wrong in a model, as an error of our tree that says what to do."""

import gc
import sys
import traceback

from tools.errors import HuggingGPTError, ModelError, OutOfMemory

_MEMORY_SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "failed to allocate")


def mapped(error: BaseException, model: str) -> BaseException:
    """The error to raise for one that a model's own code raised while it was loaded or run."""
    if isinstance(error, HuggingGPTError) or not isinstance(error, Exception):
        return error
    if isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in _MEMORY_SIGNS):
        _free(error)
        return OutOfMemory(f"{model} ran out of memory: give a smaller input, or choose a smaller model.")
    if isinstance(error, ImportError):
        return ModelError(f"{model} needs a package that is not here: {_line(error)}")
    return ModelError(f"{model} failed ({type(error).__name__}: {_line(error)}): try another model or input.")


def _free(error: BaseException) -> None:
    """Give the memory back for the next attempt: the frames of the error still hold what did not fit."""
    raised: BaseException | None = error
    while raised is not None:
        traceback.clear_frames(raised.__traceback__)
        raised = raised.__cause__ or raised.__context__
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "")[:200]
