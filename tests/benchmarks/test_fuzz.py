"""A fixed part of the fuzz, with every change: no error that is none of ours, no hang, bounded memory."""

import signal
from collections.abc import Iterator

import pytest

from benchmarks.fuzz import __main__ as fuzzing
from benchmarks.fuzz.targets import SHARES

CASES = {"plans": 1500, "descriptions": 1200, "files": 500, "routes": 250}
MEMORY = 400  # megabytes more than before


@pytest.fixture
def alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, fuzzing.ring)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.filterwarnings("ignore")  # decoders warn of what is damaged
@pytest.mark.usefixtures("backends", "alarm")
@pytest.mark.parametrize("target", SHARES)
async def test_whatever_strangers_write_is_read_or_refused(target: str) -> None:
    before = fuzzing.peak()
    (tally,) = (await fuzzing.fuzz(CASES[target], 1, target)).values()
    assert tally.cases == CASES[target]
    assert not tally.crashes, tally.examples
    assert tally.hangs == 0
    assert fuzzing.peak() - before < MEMORY
