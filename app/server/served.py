"""The graph as Aegra runs it: in its owner's name, taken up where a lost process left it, with errors that say why.

aegra.json names this file.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from graph import graph
from graph.admission import Admitted
from tools.errors import HuggingGPTError


class Served(Admitted):
    """The graph with what its server leaves out."""

    async def astream(  # it takes what LangGraph takes and hands it on
        self,
        input: Any,  # noqa: A002, ANN401 - LangGraph's own name for it
        config: RunnableConfig | None = None,
        **options: Any,  # noqa: ANN401
    ) -> AsyncIterator[Any]:
        """What LangGraph streams. A run that has begun before goes on: none of its finished tasks is run again."""
        config = _owned(config or {})
        if await self._begun(config):
            input, config = None, _at_the_latest(config)  # noqa: A001
        elif isinstance(input, Command) and input.resume is None and not (input.update or input.goto):
            input = None  # noqa: A001 - how app/server/turns.py says "go on" where Aegra takes no null
        try:
            async with aclosing(cast("AsyncGenerator[Any]", super().astream(input, config, **options))) as parts:
                async for part in parts:
                    yield part
        except HuggingGPTError as error:
            await _tell(config, error)
            raise

    async def _begun(self, config: RunnableConfig) -> bool:
        """Whether the thread's latest checkpoint is of this very run, made before its process was lost."""
        if not isinstance(self.checkpointer, BaseCheckpointSaver):
            return False
        thread = config.get("configurable", {}).get("thread_id")
        latest = await self.checkpointer.aget_tuple({"configurable": {"thread_id": thread}})
        return latest is not None and latest.metadata.get("run_id") == _run_id(config)


def _run_id(config: RunnableConfig) -> str:
    return str(config.get("configurable", {}).get("run_id"))


def _owned(config: RunnableConfig) -> RunnableConfig:
    """The same run in the name of whoever the server says began it: it decides the folder (tools/settings.py)."""
    named = dict(config.get("configurable", {}))
    user = named.get("langgraph_auth_user")
    return {**config, "configurable": {**named, "langgraph_auth_user_id": user.identity if user else None}}


def _at_the_latest(config: RunnableConfig) -> RunnableConfig:
    named = {key: value for key, value in config.get("configurable", {}).items() if key != "checkpoint_id"}
    return {**config, "configurable": named}


async def _tell(config: RunnableConfig, error: HuggingGPTError) -> None:
    """Send the sentence to whoever streams the run: Aegra itself names an error's type only."""
    from aegra_api.services.broker import broker_manager
    from aegra_api.services.streaming_service import streaming_service

    run_id = _run_id(config)
    event = ("error", {"error": type(error).__name__, "message": str(error)})
    await streaming_service.put_to_broker(run_id, await broker_manager.allocate_event_id(run_id), event)


served = Served(**vars(graph))
