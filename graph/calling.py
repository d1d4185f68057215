"""How every stage asks its chat model: streamed, bounded, and with failures told in our own words."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, RunnableSequence

from tools.errors import ConfigError, HuggingGPTError, ModelError, ModelTimeout, ModelUnavailable, PaymentRequired
from tools.errors import RateLimited as _RateLimited

SILENCE = 60.0  # seconds that a model may take for its next token
TOTAL = 300.0  # seconds that one call may take
_BUGS = (AttributeError, LookupError, TypeError, NotImplementedError)  # ours or a package's: no word of a provider
Model = Runnable[LanguageModelInput, Any]


async def stream(
    model: Model, messages: Sequence[BaseMessage], name: str, config: RunnableConfig
) -> AsyncIterator[AIMessageChunk]:
    """The model's answer, piece by piece. ``name`` is the controller, for errors.

    Raises:
        ConfigError: the key was refused, or the model is not there.
        ModelError: it is out of reach, out of credits, asked too often, or too slow.
    """
    until = asyncio.get_running_loop().time() + TOTAL
    pieces = model.astream(list(messages), config)
    try:
        while True:
            async with asyncio.timeout_at(min(until, asyncio.get_running_loop().time() + SILENCE)):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece
    except (HuggingGPTError, *_BUGS):
        raise
    except Exception as error:
        raise explained(error, name) from error


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
    form = mode.kwargs.get("response_format") if isinstance(mode, RunnableBinding) else None
    if not isinstance(form, dict) or not hasattr(mode.bound, "extra_body"):  # as ChatOpenAI and its kin have
        return mode
    return mode.bound.bind(extra_body={"response_format": form})


async def write_json(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: dict[str, Any],
    name: str,
    heard: Callable[[str], None] | None = None,
) -> str:
    """The JSON text that a model writes; ``heard`` is given every piece. A refused mode is followed by plain text.

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
            if mode is not modes[-1] and _status(error.__cause__) in {400, 422}:
                continue
            raise
        return text
    raise AssertionError("There is always one mode.")


def explained(error: Exception, name: str) -> HuggingGPTError:
    """A provider's error as one of ours. It names the kind alone: messages of providers may quote keys."""
    if isinstance(error.__cause__, HuggingGPTError):  # raised while the provider's client was reading
        return error.__cause__
    status = _status(error)
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return ModelTimeout(f"{name} did not answer in time; try again, or choose another controller.")
    if status in {401, 403}:
        return ConfigError(f"{name} refused the key; check the key of that provider, or choose another controller.")
    if status == 404:
        return ConfigError(f"{name} is not there; check the model's name and the base URL.")
    if status == 402:
        return PaymentRequired(f"The credits of {name} are spent; add some, or choose another controller.")
    if status == 429:
        return _RateLimited(f"{name} has been asked too often; try again a little later.")
    what = f"answered with status {status}" if status else f"cannot be reached ({type(error).__name__})"
    return ModelUnavailable(f"{name} {what}; try again, or choose another controller such as offline.")


def _status(error: BaseException | None) -> int | None:
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    return status if isinstance(status, int) else None
