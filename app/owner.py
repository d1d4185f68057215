"""Whose a request, its files and its conversations are."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID, uuid4

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import set_config_context
from starlette.requests import Request

import tools.settings
from app.signing import signed
from tools.files.artifacts import address

T = TypeVar("T")


class Owner(tools.settings.Owner):
    """An owner as the server meets them: in a request, and before a run."""

    @classmethod
    def of(cls, request: Request) -> "Owner":
        """Whose request this is, as the guard found out."""
        return cls(str(request.user.display_name))

    def config(
        self, entrance: str, run_id: UUID | None = None, callbacks: list[BaseCallbackHandler] | None = None
    ) -> RunnableConfig:
        """How a run of theirs is labelled. LangGraph's own name for the owner gives it their folder, on any server."""
        return {
            "run_id": run_id or uuid4(),
            "callbacks": callbacks or [],
            "tags": [entrance],
            "metadata": {"owner": self.name},
            "configurable": {"langgraph_auth_user_id": self.name},
        }

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something outside a run with their folders."""
        with set_config_context(self.config("server")) as scope:
            return await asyncio.create_task(work, context=scope)

    def links(self, paths: list[str]) -> list[str]:
        """Where they find the files, and for a while whoever is given the link."""
        with set_config_context(self.config("server")) as scope:
            return [signed(scope.run(address, path), self.name) for path in paths]
