"""Whatever goes wrong between here and a remote model, as one of our errors.

Nothing of the original error is kept: it may hold the request, and with it the key.
"""

import email.utils
import re
import time
from typing import Any

import httpx
from PIL import Image, UnidentifiedImageError

from tools.errors import (
    BadOutput,
    HuggingGPTError,
    ModelError,
    ModelLoading,
    ModelTimeout,
    ModelUnavailable,
    OutOfMemory,
    PaymentRequired,
    RateLimited,
)

LOADING = 5.0  # seconds to wait for a model that does not say how long it loads
LONGEST_WAIT = 60.0  # seconds, whatever a server asks for
_MALFORMED = (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError, UnidentifiedImageError)


def translate(error: BaseException, model: str, key: str | None) -> HuggingGPTError | None:
    """The error in our terms, or None for one that is not the model's: a bug of ours, or a cancellation."""
    if isinstance(error, HuggingGPTError):
        return error
    response = getattr(error, "response", None)
    if isinstance(response, httpx.Response):
        return _from_status(response, model, key)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return ModelTimeout(f"{model} did not answer in time; try again later or choose another model.")
    if _nobody(error):
        return ModelUnavailable(f"{model} is not served by any inference provider now; choose another model.")
    if isinstance(error, httpx.NetworkError | httpx.UnsupportedProtocol | ConnectionError):
        return ModelUnavailable(f"{model} cannot be reached; check the address and the network.")
    if isinstance(error, httpx.TransportError):
        return ModelError(f"The connection to {model} broke off.", retry_after=1.0)
    return _from_content(error, model, key)


def _nobody(error: BaseException) -> bool:
    """The client's way to say that no provider serves a model; inside a coroutine Python makes it a RuntimeError."""
    return isinstance(error, StopIteration) or (isinstance(error, RuntimeError) and "StopIteration" in str(error))


def _from_content(error: BaseException, model: str, key: str | None) -> HuggingGPTError | None:
    from huggingface_hub.errors import TextGenerationError

    if isinstance(error, TextGenerationError):
        return ModelError(f"{model} could not do it: {_clean(str(error), key)}")
    if isinstance(error, ValueError) and re.search(r"support|provide", str(error)):  # before anything was asked
        return ModelUnavailable(f"{model} cannot be used for this: {_clean(str(error), key)}")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return BadOutput(f"{model} gave an image that is too large.")
    return (
        BadOutput(f"{model} answered with something that is not a result.") if isinstance(error, _MALFORMED) else None
    )


def _from_status(response: httpx.Response, model: str, key: str | None) -> HuggingGPTError:
    status, body = response.status_code, _body(response)
    said = _clean(str(body.get("error") or body.get("message") or body.get("detail") or ""), key)
    wait = _retry_after(response)
    if "out of memory" in said.lower():
        return OutOfMemory(f"{model} ran out of memory where it runs; give a smaller input.")
    if status == 503:
        estimate = body.get("estimated_time")
        wait = float(estimate) if wait is None and isinstance(estimate, int | float) else wait
        return ModelLoading(f"{model} is still loading.", min(LONGEST_WAIT, LOADING if wait is None else wait))
    if status == 429:
        return RateLimited(f"{model} was asked too often.", min(LONGEST_WAIT, LOADING if wait is None else wait))
    if status in {408, 504}:
        return ModelTimeout(f"{model} did not answer in time; try again later or choose another model.")
    if status in {500, 502}:
        return ModelError(f"{model} failed where it runs ({status}). {said}".strip(), retry_after=wait or 2.0)
    return _refused(status, said, response.headers.get("X-Error-Code", ""), model)


def _refused(status: int, said: str, code: str, model: str) -> HuggingGPTError:
    if status == 402:
        return PaymentRequired(
            f"The credits for {model} are spent: add some at https://huggingface.co/settings/billing."
        )
    if status == 403 or code == "GatedRepo":
        return ModelUnavailable(f"{model} is gated: ask for access on its page, with the account of your HF_TOKEN.")
    if status == 404 or code == "RepoNotFound":
        return ModelUnavailable(f"{model} does not exist there, or is private; check its name.")
    if status == 401:
        return ModelUnavailable(f"{model} refused the key; check the variable that holds it, such as HF_TOKEN.")
    if status == 410:
        return ModelUnavailable(f"{model} is gone: its provider no longer serves it.")
    return ModelError(f"{model} did not accept the request ({status}). {said}".strip())


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, httpx.ResponseNotRead):
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, from a number or from a date."""
    value = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _clean(message: str, key: str | None) -> str:
    """A server's words in one bounded line, without the key should it repeat it."""
    line = " ".join((message.replace(key, "***") if key else message).split())
    return line if len(line) <= 300 else f"{line[:299]}…"
