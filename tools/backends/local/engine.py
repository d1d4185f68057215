"""Runs tasks on checkpoints: found, judged, loaded into the pool, called through the model's queue."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tools.backends.local.checkpoint import Checkpoint, open_checkpoint
from tools.backends.local.failures import mapped
from tools.backends.local.placement import budget, placement
from tools.backends.local.pool import Pool, Resident
from tools.backends.local.recipe import Inputs, Loader, Recipe
from tools.backends.local.recipes import recipe_for
from tools.errors import HuggingGPTError, ModelUnavailable
from tools.protocol import Call, Candidate, Output
from tools.settings import settings

_one_load = threading.Lock()  # loading swaps torch's default device for a moment: two at once leave empty weights


class Engine:
    """Opens, loads and runs models. ``parts`` maps the name of each further model that a recipe needs to its id."""

    def __init__(self, pool: Pool | None = None) -> None:
        self.pool = pool or Pool(budget)
        self._openers = ThreadPoolExecutor(2, "open")
        self._opened: dict[tuple[str, str | None], Checkpoint] = {}
        self._recipes: dict[tuple[str, str | None, str], Recipe] = {}

    async def run(self, call: Call, parts: Mapping[str, str]) -> Output:
        """Run a task on its candidate, loaded first where it is not yet."""
        async with AsyncExitStack() as stack:
            recipe, resident, model = await self._ready(stack, call.candidate, parts)
            group = (recipe, recipe.group(call.inputs))
            job = partial(_run, recipe, model, call.candidate.model)
            output: Output = await resident.jobs.call(job, call.inputs, group, recipe.batch)
            opened = self._opened[call.candidate.model, call.candidate.revision]
            return replace(output, revision=opened.revision)

    async def warm(self, candidate: Candidate, parts: Mapping[str, str]) -> None:
        """Load a candidate ahead of its call: only from this disk, and only beside what is loaded.

        A failure waits for the call, which tells it.
        """
        try:
            async with AsyncExitStack() as stack:
                await self._ready(stack, candidate, parts, ahead=True)
        except HuggingGPTError:
            return

    async def _ready(
        self, stack: AsyncExitStack, candidate: Candidate, parts: Mapping[str, str], *, ahead: bool = False
    ) -> tuple[Recipe, Resident, Any]:
        checkpoint = await self._open(candidate.model, candidate.revision, ahead=ahead)
        recipe = await self._recipe(candidate, checkpoint)
        opened = {name: await self._part(checkpoint, name, parts.get(name), ahead=ahead) for name in recipe.parts}
        resident = await self._lease(stack, checkpoint, recipe, ahead=ahead)
        loaded = {
            name: (await self._lease(stack, opened[name], loader, ahead=ahead)).ready.result()
            for name, loader in recipe.parts.items()
        }
        return recipe, resident, recipe.combine(resident.ready.result(), loaded)

    async def _recipe(self, candidate: Candidate, checkpoint: Checkpoint) -> Recipe:
        key = (candidate.model, candidate.revision, candidate.task)
        if key not in self._recipes:
            self._recipes[key] = await self._off_loop(recipe_for, candidate.task, checkpoint)
        return self._recipes[key]

    async def _open(self, model: str, revision: str | None = None, *, ahead: bool) -> Checkpoint:
        if (model, revision) not in self._opened:
            opener = partial(open_checkpoint, may_download=settings().download == "auto" and not ahead)
            self._opened[model, revision] = await self._off_loop(opener, model, revision)
        return self._opened[model, revision]

    async def _part(self, checkpoint: Checkpoint, name: str, model: str | None, *, ahead: bool) -> Checkpoint:
        """A part from the folder of that name beside the model's own weights, else by its id."""
        beside = checkpoint.folder / name
        if await self._off_loop(Path.is_dir, beside):
            return await self._open(str(beside), ahead=ahead)
        if model is None:
            raise ModelUnavailable(f"{checkpoint.model} needs a {name}: put one into the folder {name} beside it.")
        return await self._open(model, ahead=ahead)

    async def _lease(self, stack: AsyncExitStack, checkpoint: Checkpoint, loader: Loader, *, ahead: bool) -> Resident:
        name = checkpoint.model
        return await stack.enter_async_context(
            self.pool.lease(
                (checkpoint.folder, loader.loader),
                name,
                lambda: checkpoint.bytes(placement().dtype),
                lambda: _load(loader, checkpoint),
                evict=not ahead,
            )
        )

    async def _off_loop(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._openers, function, *args)


def _load(loader: Loader, checkpoint: Checkpoint) -> Any:
    if not loader.accepts(checkpoint):
        raise ModelUnavailable(f"{checkpoint.model} is no {type(loader).__name__}: name another model for this part.")
    try:
        with _one_load:
            return loader.load(checkpoint, placement())
    except Exception as error:
        raise mapped(error, checkpoint.model) from error


def _run(recipe: Recipe, model: Any, name: str, batch: Sequence[Inputs]) -> Sequence[Output]:
    try:
        return recipe.run(model, batch)
    except Exception as error:
        raise mapped(error, name) from error
