"""Files on their way: fetched and checked while the stage that needs them is at work already."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from tools.files.resources import admit


class Arrivals:
    """What references lead to: soon names, by which a plan can be written, and in the end paths.

    A name is told only once it is certain, and so is the modality in it. The group is cancelled by the first file
    that cannot be used, and with it whatever else goes on in the group.
    """

    def __init__(self, references: Iterable[str], group: asyncio.TaskGroup) -> None:
        self._named: dict[str, asyncio.Future[str]] = {}
        self._there: dict[str, asyncio.Task[str]] = {}
        for reference in references:
            named = self._named[reference] = asyncio.get_running_loop().create_future()
            self._there[reference] = group.create_task(_admit(reference, named))

    async def names(self) -> dict[str, str]:
        """For each reference the file's name, or its path where it is local already."""
        names = {reference: await named for reference, named in self._named.items()}
        distinct = {Path(name).name.lower() for name in names.values()}
        return names if len(distinct) == len(names) else await self.paths()  # what is named alike is told by its place

    async def paths(self) -> dict[str, str]:
        """For each reference the path of the checked file."""
        return {reference: await there for reference, there in self._there.items()}


async def _admit(reference: str, named: asyncio.Future[str]) -> str:
    path = await admit(reference, lambda name: None if named.done() else named.set_result(name))
    if not named.done():
        named.set_result(path)
    return path
