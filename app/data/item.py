"""One thing that is kept, and which of them somebody means."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

DAY = 86_400.0  # seconds
OWN = ""  # the owner of what the command line keeps on the own machine
Content = AsyncIterator[tuple[str, bytes]]  # a file's name in an export, and what is in it


@dataclass(frozen=True)
class Item:
    """One thing. ``used`` is when it was last written, in seconds of the epoch; ``where`` is for its shelf alone."""

    kind: str
    owner: str
    name: str
    bytes: int
    used: float
    where: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Choice:
    """Which things are meant: an owner's with those of all their browsers, or everybody's (None).

    ``older`` is in days, ``larger`` in bytes, ``kinds`` empty for all, ``own`` whether the command line's count, too.
    """

    owner: str | None = None
    older: float | None = None
    larger: int | None = None
    kinds: frozenset[str] = frozenset()
    own: bool = True

    def takes(self, item: Item) -> bool:
        """Whether it is one of them."""
        return (
            (not self.kinds or item.kind in self.kinds)
            and (self.own or item.owner != OWN)
            and (self.owner is None or covers(self.owner, item.owner))
            and (self.older is None or item.used < time.time() - self.older * DAY)
            and (self.larger is None or item.bytes > self.larger)
        )


class Shelf(Protocol):
    """A place where things are kept."""

    async def items(self, owner: str | None, /) -> list[Item]:
        """What is there of an owner, or of all; it may be more than that, but nothing is missing."""

    async def delete(self, items: Sequence[Item]) -> list[Item]:
        """Delete them for good; those that stay because something works on them."""

    def content(self, item: Item, /) -> Content:
        """What is in it, as files of an export."""


def covers(owner: str, other: str) -> bool:
    """Whether what is the other's is the owner's: theirs is also what stands under their browsers' names."""
    return other == owner or (owner != OWN and other.startswith(f"{owner}/"))
