"""Runs tasks on checkpoints: found, judged, downloaded, loaded into the pool, called through the model's queue."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tools.backends.local.checkpoint import Checkpoint, complete, open_checkpoint
from tools.backends.local.failures import mapped
from tools.backends.local.once import Once
from tools.backends.local.placement import Placement, beside, budget, placement
from tools.backends.local.pool import Pool, Resident, Want
from tools.backends.local.recipe import Inputs, Loader, Recipe
from tools.backends.local.recipes import recipe_for
from tools.errors import HuggingGPTError, ModelUnavailable, OutOfMemory
from tools.protocol import Call, Candidate, Output
from tools.settings import settings

_one_load = threading.Lock()  # loading swaps torch's default device for a moment: two at once leave empty weights


@dataclass(frozen=True)
class Ready:
    """A model whose parts are loaded, leased for a call."""

    recipe: Recipe
    resident: Resident
    model: Any
    revision: str | None


class Engine:
    """Opens, loads and runs models. ``parts`` maps the name of each further model that a recipe needs to its id.

    ``place`` tells where models run best, and ``elsewhere`` where one goes for which there is no room.
    """

    def __init__(
        self,
        pool: Pool | None = None,
        place: Callable[[], Placement] = placement,
        elsewhere: Callable[[Placement], Placement | None] = beside,
    ) -> None:
        self.pool = pool or Pool(budget)
        self._place, self._elsewhere = place, elsewhere
        self._looks = ThreadPoolExecutor(8, "look")
        self._opened: Once[Checkpoint] = Once(self._looks)
        self._recipes: Once[Recipe] = Once(self._looks)
        self._complete: Once[Checkpoint] = Once(ThreadPoolExecutor(3, "download"))  # they hold up no model that is here
        self._sizes: dict[tuple[Path, str], int] = {}

    async def run(self, call: Call, parts: Mapping[str, str]) -> Output:
        """Run a task on its candidate, loaded first where it is not yet; once more elsewhere when memory runs out."""
        try:
            return await self._run(call, parts, spread=False)
        except OutOfMemory:
            if self._elsewhere(self._place()) is None:
                raise
        self.pool.forget()
        return await self._run(call, parts, spread=True)

    async def warm(self, candidate: Candidate, parts: Mapping[str, str]) -> None:
        """Load a candidate ahead of its call: only from this disk, and only beside what is loaded.

        A failure waits for the call, which tells it.
        """
        try:
            async with AsyncExitStack() as stack:
                await self._ready(stack, candidate, parts, ahead=True)
        except HuggingGPTError:
            return

    async def _run(self, call: Call, parts: Mapping[str, str], *, spread: bool) -> Output:
        async with AsyncExitStack() as stack:
            ready = await self._ready(stack, call.candidate, parts, spread=spread)
            group = (ready.recipe, ready.recipe.group(call.inputs))
            job = partial(_run, ready.recipe, ready.model, call.candidate.model)
            output: Output = await ready.resident.jobs.call(job, call.inputs, group, ready.recipe.batch)
            return replace(output, revision=ready.revision)

    async def _ready(
        self,
        stack: AsyncExitStack,
        candidate: Candidate,
        parts: Mapping[str, str],
        *,
        ahead: bool = False,
        spread: bool = False,
    ) -> Ready:
        checkpoint = await self._open(candidate.model, candidate.revision, ahead=ahead)
        recipe = await self._recipes.get((checkpoint.folder, candidate.task), recipe_for, candidate.task, checkpoint)
        wanted: list[tuple[Checkpoint, Loader]] = [(checkpoint, recipe)]
        for name, loader in recipe.parts.items():
            wanted.append((await self._part(recipe, checkpoint, name, parts.get(name), ahead=ahead), loader))
        wants = [await self._want(opened, loader, spread=spread) for opened, loader in wanted]
        resident, *others = await stack.enter_async_context(self.pool.lease(*wants, evict=not ahead))
        loaded = {name: part.ready.result() for name, part in zip(recipe.parts, others, strict=True)}
        return Ready(recipe, resident, recipe.combine(resident.ready.result(), loaded), checkpoint.revision)

    async def _open(self, model: str, revision: str | None = None, *, ahead: bool) -> Checkpoint:
        may_download = settings().download == "auto" and not ahead
        return await self._opened.get(
            (model, revision, may_download), partial(open_checkpoint, may_download=may_download), model, revision
        )

    async def _part(
        self, recipe: Recipe, checkpoint: Checkpoint, name: str, model: str | None, *, ahead: bool
    ) -> Checkpoint:
        """A part from the folder of that name beside the model's own weights, else by its id."""
        own = checkpoint.folder / name
        if await self._off_loop(Path.is_dir, own):
            return await self._open(str(own), ahead=ahead)
        model = model or recipe.part(name, checkpoint)
        if model is None:
            raise ModelUnavailable(
                f"{checkpoint.model} needs a {name}: put one into the folder {name} beside it, or name one as"
                f' parts = {{{name} = "..."}} in models.toml.'
            )
        return await self._open(model, ahead=ahead)

    async def _want(self, checkpoint: Checkpoint, loader: Loader, *, spread: bool) -> Want:
        """What to lease of a model, with its weights on this disk; refused before its download where it cannot fit."""
        place, size = await self._off_loop(self._fit, checkpoint, loader, spread)
        if checkpoint.there is not None:
            checkpoint = await self._complete.get((checkpoint.folder, place.dtype), complete, checkpoint, place.dtype)
        key = (checkpoint.folder, loader.loader, place)
        slow = isinstance(loader, Recipe) and loader.slow
        return Want(key, checkpoint.model, lambda: size, partial(_load, loader, checkpoint, place), slow)

    def _fit(self, checkpoint: Checkpoint, loader: Loader, spread: bool) -> tuple[Placement, int]:
        """Where a model goes, and its bytes there: all that there is, where it is spread. Raises OutOfMemory."""
        place = loader.placed(self._place())
        key = (checkpoint.folder, place.dtype)
        size = self._sizes[key] = self._sizes.get(key) or checkpoint.bytes(place.dtype)
        other, room = self._elsewhere(place), self.pool.room
        if other is not None and (size > room or spread):
            place, size = other, min(size, room)
        self.pool.check(checkpoint.model, size)
        return place, size

    async def _off_loop(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._looks, function, *args)


def _load(loader: Loader, checkpoint: Checkpoint, place: Placement) -> Any:
    if not loader.accepts(checkpoint):
        raise ModelUnavailable(f"{checkpoint.model} is no {type(loader).__name__}: name another model for this part.")
    try:
        with _one_load:
            return loader.load(checkpoint, place)
    except Exception as error:
        raise mapped(error, checkpoint.model) from error


def _run(recipe: Recipe, model: Any, name: str, batch: Sequence[Inputs]) -> Sequence[Output]:
    try:
        return recipe.run(model, batch)
    except Exception as error:
        raise mapped(error, name) from error
