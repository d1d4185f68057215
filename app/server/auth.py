"""Who may see what in LangGraph's own API: everyone their own threads, runs and stored items, all the assistants."""

from typing import Any

from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def authenticate(scope: dict[str, Any]) -> Auth.types.MinimalUserDict:
    """The owner whom the guard found. A server that lacks the guard lets nobody in."""
    user = scope.get("user")
    if user is None or not user.is_authenticated:
        raise Auth.exceptions.HTTPException(status_code=401, detail="Send a valid API key.")
    return {"identity": user.display_name, "display_name": user.display_name, "is_authenticated": True}


@auth.on
async def nothing_else(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> bool:
    """What no rule below allows is forbidden."""
    return False


@auth.on.threads
async def own_threads(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Auth.types.FilterType:
    """Threads and their runs are marked with their owner, and found by the owner alone."""
    value.setdefault("metadata", {})["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}


@auth.on(resources="assistants", actions=["read", "search"])
async def all_assistants(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> bool:
    """The assistants are the server's, the same for everyone."""
    return True


@auth.on.store
async def own_items(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> None:
    """Stored items live under their owner's name."""
    value["namespace"] = (ctx.user.identity, *(value.get("namespace") or ()))
