"""Who may see what in LangGraph's own API, on whichever server: everyone their own, and all the server's assistants."""

from typing import Any, cast

from langgraph_sdk import Auth
from pydantic import ValidationError

from app.server.guard import CALLER
from graph.context import Context

auth = Auth()


@auth.authenticate
async def authenticate(headers: dict[Any, Any]) -> Auth.types.MinimalUserDict:
    """The owner whom the guard found. A server that lacks the guard lets nobody in."""
    owner = CALLER.get()
    if owner is None:
        raise Auth.exceptions.HTTPException(status_code=401, detail="Send a valid API key.")
    return {"identity": owner, "display_name": owner, "is_authenticated": True}


@auth.on
async def nothing_else(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> bool:
    """What no rule below allows is forbidden."""
    return False


@auth.on.threads
async def own_threads(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Auth.types.FilterType:
    """Threads and their runs are marked with their owner, and found by the owner alone."""
    return _own(ctx, value)


@auth.on.threads.create_run  # type: ignore[arg-type]  # a run's payload, of which both servers send a part
async def valid_runs(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Auth.types.FilterType:
    """Runs are begun on one's own threads, with options that exist."""
    context = value.get("context") or value.get("kwargs", {}).get("context")
    try:
        Context.model_validate(context or {})
    except ValidationError as error:
        problems = [f"context.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
        raise Auth.exceptions.HTTPException(status_code=422, detail="; ".join(problems)) from None
    return _own(ctx, value)


@auth.on(resources="assistants", actions=["read", "search"])
async def own_and_the_server_s_assistants(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Auth.types.FilterType:
    """Everyone sees the server's assistants and their own."""
    either: Any = {"$or": [{"owner": ctx.user.identity}, {"created_by": "system"}]}
    return cast("Auth.types.FilterType", either)  # both servers know $or, of which the SDK's types do not tell


@auth.on(resources="assistants", actions=["create", "update", "delete"])
async def own_assistants(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Auth.types.FilterType:
    """People keep assistants of their own, such as one that always asks before it runs a plan."""
    whose = _own(ctx, value)
    value["metadata"].pop("created_by", None)  # only the server says what is the server's
    return whose


@auth.on.crons
async def own_crons(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Auth.types.FilterType:
    """Runs on a schedule are their owner's."""
    return _own(ctx, value)


@auth.on.store
async def own_items(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> None:
    """Stored items live under their owner's name; a namespace that a search returned has it already."""
    namespace = tuple(value.get("namespace") or ())
    value["namespace"] = namespace if namespace[:1] == (ctx.user.identity,) else (ctx.user.identity, *namespace)


def _own(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Auth.types.FilterType:
    if value.get("metadata") is None:
        value["metadata"] = {}
    value["metadata"]["owner"] = ctx.user.identity  # in place: that is the object that LangGraph's server keeps
    return {"owner": ctx.user.identity}
