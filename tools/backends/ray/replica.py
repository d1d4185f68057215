"""What runs on the cluster: the local backend's engine, one in each replica."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from ray import serve

from tools import progress
from tools.backends.local.engine import Engine
from tools.backends.local.pool import LoadedModel
from tools.errors import HuggingGPTError
from tools.protocol import Call, Candidate, Output
from tools.settings import override
from tools.tasks import TASKS

_MODELS = 1000  # whose replicas are remembered; how many are held at once is for the pool to say
Step: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Request:
    """A call as it travels: ``files`` holds what its inputs name by path. Without inputs the model is only loaded.

    ``settings`` are those of the process that asks, as far as they are about models.
    """

    candidate: Candidate
    parts: Mapping[str, str]
    settings: Mapping[str, Any]
    inputs: Mapping[str, Any] | None = None
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)


class Models:
    """Runs any model whose weights fit into so many GiB, and as many at once as fit; the least recently used goes."""

    def __init__(self, weights: float) -> None:
        self._weights = weights
        self._engine = Engine()

    async def run(self, request: Request) -> AsyncIterator[Step | Output | HuggingGPTError]:
        """Every step as it is done, then what the model made, or why it did not.

        An error is handed over as data: one that is raised here would arrive as Ray's own.
        """
        await self._held(serve.get_multiplexed_model_id())
        loop, steps = asyncio.get_running_loop(), asyncio.Queue[Step | None]()

        def on_step(step: int, of: int) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, (step, of))

        progress.listener.set(on_step)
        running = asyncio.create_task(self._run(request))
        running.add_done_callback(lambda _: steps.put_nowait(None))
        try:
            while (step := await steps.get()) is not None:
                yield step
            yield await running
        finally:
            running.cancel()

    async def loaded(self) -> Sequence[LoadedModel]:
        """The models in memory, the most recently used first."""
        return self._engine.pool.loaded()

    @serve.multiplexed(max_num_models_per_replica=_MODELS)  # type: ignore[untyped-decorator]  # Ray is read as Any
    async def _held(self, model: str) -> str:
        """Lets the router know that this replica has the model, so that its next call comes here, too."""
        return model

    async def _run(self, request: Request) -> Output | HuggingGPTError:
        override(**{**request.settings, "memory": self._weights})
        candidate, parts = request.candidate, request.parts
        try:
            if request.inputs is None:
                await self._engine.warm(candidate, parts)
                return Output()
            with TemporaryDirectory() as folder:
                inputs = {**request.inputs, **await asyncio.to_thread(_written, request.files, Path(folder))}
                return await self._engine.run(Call(TASKS[candidate.task], candidate, inputs), parts)
        except HuggingGPTError as error:
            return error


def _written(files: Mapping[str, tuple[str, bytes]], folder: Path) -> dict[str, str]:
    """The paths, here, of files that came with a call."""
    for slot, (name, content) in files.items():
        (folder / slot).mkdir()
        (folder / slot / name).write_bytes(content)
    return {slot: str(folder / slot / name) for slot, (name, _) in files.items()}
