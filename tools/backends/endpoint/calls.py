"""Endpoints of the user's own: asked at their URL, through the connections that this process shares."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from tools.backends.endpoint.conversation import Post, converse
from tools.backends.endpoint.routes import ROUTES, Route
from tools.clients import shared
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
    payload = route.ask(call.inputs)
    if route.method is None:
        bearer = {"Authorization": f"Bearer {own.key}"} if own.key else {}
        response = await answered(Post(own.model, packed(payload), {"Content-Type": "application/json", **bearer}))
        return route.read(response.content if _is_media(response.headers) else response.json(), call.inputs)
    if route.method == "chat_completion" and own.name:
        payload["model"] = own.name
    headers: Any = {} if own.key else NO_KEY
    client = Client(own.model, token=own.key or "none", headers=headers)  # without a token it would take the Hub's
    return route.read(await getattr(client, route.method)(**payload), call.inputs)


async def _send(task: TaskType, post: Post) -> httpx.Response:
    most = settings().max_bytes * 4 // 3 if set(task.outputs) & MEDIA else MOST_DATA  # media may come in base64
    return await _http.post(post.url, content=post.content, headers=post.headers, extensions={"most": most})


def _route_to(url: str, routes: Sequence[Route]) -> Route:
    """The task's own route, or chat where the URL says that it is a chat server's."""
    chat = url.rstrip("/").endswith(("/v1", "/chat/completions"))
    return next((route for route in routes if chat and route.method == "chat_completion"), routes[0])


def _is_media(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith(("image/", "audio/", "video/", "application/octet-stream"))
