"""What ``/openapi.json`` and ``/docs`` tell of our own routes, beside LangGraph's where its API is served, too."""

import inspect
from collections.abc import Iterable
from functools import wraps
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import Route

from app.feedback import Feedback
from app.server.body import Conversation
from app.server.openai import audio, bodies, images, responses, vectors

BODIES: dict[str, type[BaseModel]] = {
    "/hugginggpt": Conversation,
    "/tasks": Conversation,
    "/results": Conversation,
    "/feedback": Feedback,
    "/v1/chat/completions": bodies.Completion,
    "/v1/responses": responses.Asked,
    "/v1/embeddings": vectors.Texts,
    "/v1/images/generations": images.Wanted,
    "/v1/audio/speech": audio.Speech,
}
ANSWERS = {
    "200": {"description": "What was asked for"},
    "4XX": {"description": "What the client can do otherwise, in a sentence"},
    "5XX": {"description": "Not now: a model failed, or the server stops or is full"},
}


def document(app: FastAPI, routes: Iterable[Route]) -> None:
    """Have the application's document tell of these routes."""
    of_others, ours = app.openapi, {route.path: route for route in routes if route.path in BODIES}

    @wraps(of_others)
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = of_others()
            schema["paths"] |= {path: {"post": _operation(route)} for path, route in ours.items()}
            schema.setdefault("components", {}).setdefault("schemas", {}).update(_schemas()[1])
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend its document


def _operation(route: Route) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": _schemas()[0][BODIES[route.path]]}}}
    about = inspect.getdoc(route.endpoint) or route.path
    return {"summary": about.partition("\n")[0], "tags": ["HuggingGPT"], "requestBody": body, "responses": ANSWERS}


def _schemas() -> tuple[dict[type[Any], dict[str, Any]], dict[str, Any]]:
    """Where the schema of each body stands, and all schemas by name."""
    models: list[tuple[type[Any], Literal["validation"]]] = [
        (model, "validation") for model in dict.fromkeys(BODIES.values())
    ]
    places, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")
    return {model: place for (model, _), place in places.items()}, schemas.get("$defs", {})
