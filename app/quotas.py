"""How much one owner of keys may take: requests at a time, bytes kept, bytes a day. The own machine has no bounds."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from app.data.files import stored
from tools.errors import InputError
from tools.settings import Settings

MOST = 1000  # requests of all owners that one process takes before it refuses those who have more than their share
LATER = 5  # seconds after which a client may try again, where others of its requests have to end
LONG = 3600  # seconds, where something has to be deleted
DAY = 86_400
FRESH, STALE = 2.0, 20.0  # seconds for which it holds what is known of the bytes kept: near the bound, and far from it


class OverQuota(InputError):
    """The owner has taken what they may for now; ``retry_after`` is in seconds, ``status`` HTTP's."""

    def __init__(self, message: str, retry_after: int, status: int = 429) -> None:
        super().__init__(message)
        self.retry_after, self.status = retry_after, status


async def _none(_owner: str) -> int:
    return 0


class Quotas:
    """What each owner has taken of this process; 0 stands for no bound. An owner's browsers count as the owner."""

    def __init__(self, at_once: int = 0, kept: int = 0, daily: int = 0, most: int = 0) -> None:
        self.at_once, self.kept, self.daily, self.most = at_once, kept, daily, most
        self.waiting: Callable[[str], Awaitable[int]] = _none  # how many runs of an owner's have not ended anywhere
        self._running: Counter[str] = Counter()
        self._moved: Counter[str] = Counter()  # bytes of today, both ways
        self._day = 0
        self._known: dict[str, tuple[float, int]] = {}  # when the bytes kept were counted, and how many there were

    @classmethod
    def of(cls, options: Settings, *, served: bool) -> "Quotas":
        """As the server's owner has set them; none where there are no keys."""
        return cls(options.at_once, options.max_kept, options.max_daily, MOST) if served else cls()

    @contextmanager
    def request(self, owner: str) -> Iterator[None]:
        """Count a request as long as it lasts. Raises OverQuota: there are too many already."""
        name = _user(owner)
        if self.at_once and self._running[name] >= self.at_once:
            reason = f"You have {self.at_once} requests running, which is as many as you may; try again in {LATER} s."
            raise OverQuota(reason, LATER)
        if self.most and self._running.total() >= self.most and self._running[name] >= self._share(name):
            raise OverQuota(f"The server has too many requests at present; try again in {LATER} s.", LATER, 503)
        self._running[name] += 1
        try:
            yield
        finally:
            self._running[name] -= 1
            self._running += Counter()  # whoever has none is forgotten

    def _share(self, name: str) -> int:
        """How many requests each of those who have some may have where all have as many."""
        return max(1, self.most // len({name, *self._running}))

    def move(self, owner: str, size: int) -> None:
        """Count bytes that an owner sent or was sent."""
        today = int(time.time() // DAY)
        if today != self._day:
            self._day, self._moved = today, Counter()
        self._moved[_user(owner)] += size

    def check_day(self, owner: str) -> None:
        """Raises OverQuota: the owner has moved as much as a day allows."""
        self.move(owner, 0)
        if self.daily and self._moved[_user(owner)] >= self.daily:
            left = DAY - int(time.time() % DAY)
            raise OverQuota(f"You have sent and fetched {_size(self.daily)} today, which is the limit.", left)

    async def check_kept(self, owner: str) -> None:
        """Raises OverQuota: the owner keeps as much as they may, or has as many runs that have not ended."""
        if self.at_once and await self.waiting(_user(owner)) >= self.at_once:
            raise OverQuota(f"{self.at_once} of your runs have not ended, which is as many as you may have.", LATER)
        if self.kept and await self._kept(_user(owner)) >= self.kept:
            reason = (
                f"Your files take up the {_size(self.kept)} that they may: delete some (on the page, or DELETE /data)."
            )
            raise OverQuota(reason, LONG)

    async def _kept(self, owner: str) -> int:
        when, size = self._known.get(owner, (0.0, 0))
        if time.monotonic() - when > (FRESH if size >= 0.5 * self.kept else STALE) or not when:
            size = await asyncio.to_thread(stored, owner)
            self._known[owner] = time.monotonic(), size
        return size

    def recount(self, owner: str) -> None:
        """Something of an owner's was deleted."""
        self._known.pop(_user(owner), None)

    def grew(self, owner: str, size: int) -> None:
        """Something of an owner's was kept just now."""
        if known := self._known.get(_user(owner)):
            self._known[_user(owner)] = known[0], known[1] + size


def _user(owner: str) -> str:
    return owner.partition("/")[0]


def _size(size: int) -> str:
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
