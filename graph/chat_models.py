"""Which chat model is the controller: named by the run, or the best that is configured."""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import SecretStr

from tools.clients import shared, tls
from tools.errors import ConfigError
from tools.settings import is_served, settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

ROUTER = "https://router.huggingface.co/v1"
RETRIES = 2
MOST = 8 * 2**20  # bytes of an answer, with all that a stream says beside the words


def chat_model(name: str) -> "BaseChatModel | None":
    """The chat model of that name, made but not yet asked; None for the offline controller.

    Raises:
        ConfigError: the provider is unknown, its package or key is missing, or it is not for clients to choose.
    """
    chosen = resolve(name)
    if is_served() and chosen not in (open_ := choosable()):
        raise ConfigError(f"{chosen!r} is not offered here. Choose {', '.join(open_)}, or ask the server's owner.")
    if chosen == "offline":
        return None
    provider, colon, model = chosen.partition(":")
    if not colon or not provider or not model:
        raise ConfigError(f"{chosen!r} names no controller. Choose {_choices()}.")
    return _PROVIDERS[provider](model) if provider in _PROVIDERS else _any(provider, model)


def resolve(name: str = "auto") -> str:
    """The controller that a name stands for: ``offline`` or ``provider:model``."""
    chosen = settings().llm if name == "auto" else name
    if chosen != "auto":
        return chosen
    if settings().base_url:
        raise ConfigError(
            "HUGGINGGPT_BASE_URL (--base-url) names a server but no model: set HUGGINGGPT_LLM (--llm) to openai:MODEL."
        )
    if os.environ.get("OPENAI_API_KEY"):
        return "openai:gpt-4.1-mini"
    return "router:openai/gpt-oss-120b" if os.environ.get("HF_TOKEN") else "offline"


def choosable() -> list[str]:
    """The controllers that a server's clients may choose: what the owner configured, at the owner's expense."""
    configured = []
    with suppress(ConfigError):  # told when it is asked for
        configured = [resolve()]
    return list(dict.fromkeys(["auto", *configured, "offline", *settings().controllers]))


def register(provider: str, factory: "Callable[[str], BaseChatModel]") -> None:
    """Add a provider: ``provider:model`` then calls ``factory(model)``."""
    _PROVIDERS[provider] = factory


def _openai(model: str) -> "BaseChatModel":
    """Any OpenAI-compatible server. Only the owner's own setting decides where the owner's key goes."""
    base_url = settings().base_url
    key = os.environ.get("OPENAI_API_KEY") or ("none" if base_url else "")
    if not key:
        raise ConfigError("openai needs a key: set OPENAI_API_KEY, or HUGGINGGPT_BASE_URL for a server of your own.")
    return _compatible(model, base_url, key, settings().llm_silence)


def _router(model: str) -> "BaseChatModel":
    """The Hugging Face router, which passes the call on to whoever serves the model."""
    key = os.environ.get("HF_TOKEN")
    if not key:
        raise ConfigError("router needs a token: set HF_TOKEN to one that may make calls to inference providers.")
    return _compatible(model, ROUTER, key, settings().llm_silence)


@lru_cache(maxsize=16)  # every stage of every request asks for it
def _compatible(model: str, base_url: str | None, key: str, silence: float) -> "BaseChatModel":
    from langchain_openai import ChatOpenAI

    from graph.completions import lean

    secret = SecretStr(key)
    where: dict[str, Any] = {"model": model, "base_url": base_url, "api_key": secret}
    return lean(ChatOpenAI(**where, stream_usage=True, **_limits(silence), **_http()))


def _limits(silence: float) -> dict[str, Any]:
    return {"temperature": 0, "timeout": silence, "max_retries": RETRIES}


@cache
def _http() -> dict[str, Any]:
    """The clients that all controllers share; LangChain's own would be bound to the first event loop that used them.

    How long a stream may be silent is held by those who read it, with less ado than for each piece anew.
    """
    http = httpx.Client(verify=tls(), follow_redirects=False)
    return {"http_async_client": shared(MOST), "http_client": http, "stream_chunk_timeout": None}


@lru_cache(maxsize=1)  # its weights are loaded once for all stages and requests
def _in_process(model: str) -> "BaseChatModel":
    """A Hub id or folder, run by transformers in this process."""
    try:
        from langchain_core.language_models import BaseChatModel
        from langchain_huggingface import ChatHuggingFace, HuggingFacePipeline

        class InProcess(ChatHuggingFace):
            """Its own async side and its streams work with endpoints alone; LangChain's default uses a thread."""

            disable_streaming: bool = True
            _agenerate = BaseChatModel._agenerate  # type: ignore[assignment]  # lacks an argument that nobody gives

        pipeline = HuggingFacePipeline.from_model_id(
            model,
            task="text-generation",
            model_kwargs={"trust_remote_code": False, "local_files_only": settings().download == "never"},
            pipeline_kwargs={"max_new_tokens": 1024, "do_sample": False, "return_full_text": False},
        )
        return InProcess(llm=pipeline)
    except (ImportError, OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ConfigError(f"huggingface:{model} cannot be loaded here ({reason}). Choose {_choices()}.") from error


def _any(provider: str, model: str) -> "BaseChatModel":
    """Whatever else LangChain knows, if its package is installed."""
    from langchain.chat_models import init_chat_model

    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **_limits(settings().llm_silence))
        return made
    except ImportError as error:
        raise ConfigError(f"{provider} needs a package: {error}") from error
    except ValueError as error:
        raise ConfigError(f"{provider}:{model} is no controller here. Choose {_choices()}.") from error


def _choices() -> str:
    return f"auto, offline, or PROVIDER:MODEL with PROVIDER one of {', '.join(_PROVIDERS)} or a LangChain provider"


_PROVIDERS: "dict[str, Callable[[str], BaseChatModel]]" = {
    "openai": _openai,
    "router": _router,
    "huggingface": _in_process,
}
