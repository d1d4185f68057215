"""How every stage asks its chat model: streamed, bounded, and with failures told in our own words."""

import asyncio
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from itertools import count
from typing import Any, cast

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, RunnableSequence

from tools.errors import (
    BadOutput,
    ConfigError,
    HuggingGPTError,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    PaymentRequired,
    RateLimited,
)
from tools.settings import process_settings

BREATH = 16  # pieces after which others have their turn, also where the next piece is there
LONGEST = 200_000  # characters that one call may write
_TELL_THE_END = {"openai"}  # providers whose streams say why they end
_BUGS = (AttributeError, LookupError, TypeError, NotImplementedError)
_CLIENTS = ("openai.", "langchain_openai.")  # raise those, too, over an answer that has not the form of one
Model = Runnable[LanguageModelInput, Any]


async def stream(
    model: Model, messages: Sequence[BaseMessage], name: str, config: RunnableConfig
) -> AsyncIterator[AIMessageChunk]:
    """The model's answer, piece by piece. ``name`` is the controller, for errors.

    Raises:
        ConfigError: the key was refused, or the model is not there.
        ModelError: it is out of reach, out of credits, asked too often, too slow, or breaks off; it refuses, or never
            stops.
    """
    clock, limits = asyncio.get_running_loop().time, process_settings()
    until, bounds = clock() + limits.llm_timeout, _Bounds(name)
    try:
        async with aclosing(cast("AsyncGenerator[AIMessageChunk]", model.astream(list(messages), config))) as pieces:
            for number in count():
                async with asyncio.timeout_at(min(until, clock() + limits.llm_silence)):
                    if number % BREATH == 0:  # a stream that is always ready would let no timer go off
                        await asyncio.sleep(0)
                    piece = await anext(pieces, None)
                if piece is None:
                    break
                bounds.take(piece)
                yield piece
        bounds.end()
    except HuggingGPTError:
        raise
    except Exception as error:
        if isinstance(error, _BUGS) and _is_ours(error):
            raise
        raise explained(error, name) from error


class _Bounds:
    """How much one answer may be, and whether it came to its end."""

    def __init__(self, name: str) -> None:
        self._name, self._written, self._tells_the_end, self._ended = name, 0, False, False

    def take(self, piece: AIMessageChunk) -> None:
        """Count a piece, an empty one too."""
        self._written += 1 + len(piece.text)
        if self._written > LONGEST:
            raise BadOutput(f"{self._name} wrote more than {LONGEST:,} characters and did not come to an end.")
        why = piece.response_metadata.get("finish_reason")
        if piece.additional_kwargs.get("refusal") or why == "content_filter":
            raise BadOutput(f"{self._name} refused the request.")
        self._tells_the_end = self._tells_the_end or piece.response_metadata.get("model_provider") in _TELL_THE_END
        self._ended = self._ended or bool(why)

    def end(self) -> None:
        """The stream is over: a provider that says so when it is done has to have said so."""
        if self._tells_the_end and not self._ended:
            raise BadOutput(f"{self._name} broke off in the middle of its answer.")


def json_modes(model: BaseChatModel, schema: dict[str, Any]) -> list[Model]:
    """The ways to have a model write JSON, best first, as its profile tells; as plain text at last."""
    profile = model.profile or {}
    method = "json_schema" if profile.get("structured_output") else "json_mode"
    if type(model).with_structured_output is BaseChatModel.with_structured_output:
        return [model]  # LangChain's default works by tool calls, whose arguments are not streamed as text
    try:
        bound = model.with_structured_output(schema, method=method)
    except (NotImplementedError, TypeError, ValueError):
        return [model]
    # First in the sequence is the model as the provider's own class prepared it; its text is for us to read
    return [_lean(bound.first), model] if isinstance(bound, RunnableSequence) else [model]


def _lean(mode: Model) -> Model:
    """The same request without what OpenAI's client does with it: it would parse all of the JSON with every piece.

    So the form goes beside the client's arguments, in the body where it belongs.
    """
    if not isinstance(mode, RunnableBinding) or not hasattr(mode.bound, "extra_body"):  # as ChatOpenAI and its kin have
        return mode
    form = mode.kwargs.get("response_format")
    return mode.bound.bind(extra_body={"response_format": form}) if isinstance(form, dict) else mode


async def write_json(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: dict[str, Any],
    name: str,
    heard: Callable[[str], None] | None = None,
) -> str:
    """The JSON text that a model writes; ``heard`` is given every piece.

    A mode that is refused, or that its client cannot read, is followed by plain text.

    Raises:
        ConfigError: as ``stream`` does.
        ModelError: as ``stream`` does.
    """
    config: RunnableConfig = {"tags": ["nostream"], "run_name": schema["title"]}
    modes = json_modes(model, schema)
    for mode in modes:
        text = ""
        try:
            async for piece in stream(mode, messages, name, config):
                text += piece.text
                if heard:
                    heard(piece.text)
        except ModelError as error:
            if mode is not modes[-1] and _about_form(error.__cause__):
                continue
            raise
        return text
    raise AssertionError("There is always one mode.")


def explained(error: Exception, name: str) -> HuggingGPTError:
    """A provider's error as one of ours. It names the kind alone: messages of providers may quote keys."""
    if isinstance(error.__cause__, HuggingGPTError):  # raised while the provider's client was reading
        return error.__cause__
    status = _status(error)
    if isinstance(error, (*_BUGS, ValueError)):
        return BadOutput(f"{name} answered in a form that cannot be read ({type(error).__name__}).")
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return ModelTimeout(f"{name} did not answer in time; try again, or choose another controller.")
    if status in {401, 403}:
        return ConfigError(f"{name} refused the key; check the key of that provider, or choose another controller.")
    if status == 404:
        return ConfigError(f"{name} is not there; check the model's name and the base URL.")
    if status == 402:
        return PaymentRequired(f"The credits of {name} are spent; add some, or choose another controller.")
    if status == 429:
        return RateLimited(f"{name} has been asked too often; try again a little later.")
    what = f"answered with status {status}" if status else f"cannot be reached ({type(error).__name__})"
    return ModelUnavailable(f"{name} {what}; try again, or choose another controller such as offline.")


def _is_ours(error: Exception) -> bool:
    """Whether an error that speaks of a bug comes from our own code, rather than from what a provider sent."""
    frames = list(traceback.walk_tb(error.__traceback__))
    return not frames[-1][0].f_globals.get("__name__", "").startswith(_CLIENTS)


def _about_form(error: BaseException | None) -> bool:
    """Whether the server refused the form that was asked for, or keeps to none that its client can read."""
    return _status(error) in {400, 422} or isinstance(error, (*_BUGS, ValueError))


def _status(error: BaseException | None) -> int | None:
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    return status if isinstance(status, int) else None
