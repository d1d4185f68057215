"""The two ways to a remote model: by a URL of the user's own, and by an inference provider of the Hub."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from tools.backends.endpoint.conversation import Post, converse
from tools.backends.endpoint.routes import ROUTES, Route, translates_into
from tools.clients import shared
from tools.daemons import aside
from tools.errors import ModelUnavailable
from tools.languages import code_of
from tools.models.facts import Facts
from tools.models.hub import known
from tools.models.own import Own
from tools.protocol import Call, Output
from tools.settings import settings
from tools.tasks import TaskType

MOST_DATA = 16 * 2**20  # bytes of an answer that holds no media
MEDIA = {"image", "audio", "video"}
_http = shared(MOST_DATA)
NO_KEY = {"authorization": None}  # the client leaves out a header that is None


async def at_url(call: Call, own: Own) -> Output:
    """Ask an endpoint of the user's own, with no key but its own. Raises what the client raises."""
    return await converse(partial(_talk, call, own), partial(_send, call.task))


async def _talk(call: Call, own: Own) -> Output:
    """The whole call, as a conversation."""
    from tools.backends.endpoint.client import Client, answered, packed  # in a thread: the Hub's client takes its time

    route = _route_to(own.model, ROUTES[call.task.name])
    given = route.ask(call.inputs)
    if route.method is None:
        bearer = {"Authorization": f"Bearer {own.key}"} if own.key else {}
        response = await answered(Post(own.model, packed(given), {"Content-Type": "application/json", **bearer}))
        return route.read(response.content if _is_media(response.headers) else response.json(), call.inputs)
    if route.method == "chat_completion" and own.name:
        given["model"] = own.name
    headers: Any = {} if own.key else NO_KEY
    client = Client(own.model, token=own.key or "none", headers=headers)  # without a token it would take the Hub's
    return route.read(await getattr(client, route.method)(**given), call.inputs)


async def _send(task: TaskType, post: Post) -> httpx.Response:
    most = settings().max_bytes * 4 // 3 if set(task.outputs) & MEDIA else MOST_DATA  # media may come in base64
    return await _http.post(post.url, content=post.content, headers=post.headers, extensions={"most": most})


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
