"""The two ways to a remote model: by a URL of the user's own, and by an inference provider of the Hub."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tools.backends.endpoint.routes import ROUTES, Route, translates_into
from tools.daemons import aside
from tools.errors import ModelUnavailable
from tools.languages import code_of
from tools.models.facts import Facts
from tools.models.hub import known
from tools.models.own import Own
from tools.protocol import Call, Output
from tools.settings import settings

NO_KEY = {"authorization": None}  # the client leaves out a header that is None


async def at_url(call: Call, own: Own) -> Output:
    """Ask an endpoint of the user's own, with no key but its own. Raises what the client raises."""
    from huggingface_hub import AsyncInferenceClient, get_async_session
    from huggingface_hub.utils._http import hf_raise_for_status

    route = _route_to(own.model, ROUTES[call.task.name])
    given = await asyncio.to_thread(route.ask, call.inputs)
    headers: Any = {} if own.key else NO_KEY
    if route.method is None:
        bearer = {"Authorization": f"Bearer {own.key}"} if own.key else {}
        async with get_async_session() as session:
            response = await session.post(own.model, json=given, headers=bearer, timeout=settings().endpoint_timeout)
        hf_raise_for_status(response)
        answer: Any = response.content if _is_media(response.headers) else response.json()
    else:
        if route.method == "chat_completion" and own.name:
            given["model"] = own.name
        # Without a token the client would take the Hub's, so it always gets one.
        timeout = settings().endpoint_timeout
        async with AsyncInferenceClient(own.model, token=own.key or "none", headers=headers, timeout=timeout) as client:
            answer = await getattr(client, route.method)(**given)
    return await asyncio.to_thread(route.read, answer, call.inputs)


async def at_provider(call: Call, own: Own | None, token: str) -> Output:
    """Ask an inference provider of the Hub, in a thread: even the asynchronous client looks up, polls and downloads
    in a way that blocks the event loop. Raises what the client raises."""
    return await aside(
        partial(_ask_provider, call, own, token), "endpoint"
    )  # the client polls some providers without end


def _ask_provider(call: Call, own: Own | None, token: str) -> Output:
    from huggingface_hub import InferenceClient

    route, facts = _route_of(call.candidate.model, ROUTES[call.task.name])
    inputs = dict(call.inputs)
    if route.method == "translation":
        _check_target(call.candidate.model, inputs.get("language"))
    if call.task.name == "fill-mask" and facts and facts.mask_token:
        # people write [MASK], and models have their own word for it
        inputs["text"] = inputs["text"].replace("[MASK]", facts.mask_token)
    provider: Any = (own and own.provider) or settings().provider
    timeout = settings().endpoint_timeout
    with InferenceClient(call.candidate.model, provider=provider, token=token, timeout=timeout) as client:
        return route.read(getattr(client, str(route.method))(**route.ask(inputs)), inputs)


def _check_target(model: str, language: str | None) -> None:
    """A translator for one pair of languages gives no other language than its own."""
    target = translates_into(model)
    if language and target and code_of(language) != target:
        raise ModelUnavailable(f"{model} translates into {target} only; choose another model for {language}.")


def _route_to(url: str, routes: Sequence[Route]) -> Route:
    """The task's own route, or chat where the URL says that it is a chat server's."""
    chat = url.rstrip("/").endswith(("/v1", "/chat/completions"))
    return next((route for route in routes if chat and route.method == "chat_completion"), routes[0])


def _route_of(model: str, routes: Sequence[Route]) -> tuple[Route, Facts | None]:
    """The route under whose tag the Hub lists the model, and what it says of it."""
    listed = [(route, facts) for route in routes if route.tag for facts in known(route.tag) if facts.model == model]
    return listed[0] if listed else (next(route for route in routes if route.tag), None)


def _is_media(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith(("image/", "audio/", "video/", "application/octet-stream"))
