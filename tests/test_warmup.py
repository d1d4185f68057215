import asyncio
from collections.abc import Callable

from benchmarks.stubs import StubBackend
from graph.warmup import WarmUp
from tests.execution import echo
from tools.backends import BACKENDS
from tools.backends.base import Candidate
from tools.tasks import TASKS


class Loading(StubBackend):
    """Takes a moment to load a model, and knows which it has loaded."""

    def __init__(self, *models: str) -> None:
        super().__init__(dict.fromkeys(models, echo))
        self.begun, self.loaded = list[str](), list[str]()

    async def warm(self, candidate: Candidate) -> None:
        self.begun.append(candidate.model)
        await asyncio.sleep(0.02)
        self.loaded.append(candidate.model)


async def test_what_is_kept_loads_on_and_the_rest_is_abandoned(stubs: Callable[..., StubBackend]) -> None:
    backend = BACKENDS["embedded"] = Loading("right", "wrong")
    with WarmUp() as warm:
        for candidate in backend.candidates(TASKS["translation"]):
            warm.begin(candidate)
            warm.begin(candidate)
        await asyncio.sleep(0)
        warm.keep([("embedded", "right")])
    await asyncio.sleep(0.05)
    assert (backend.begun, backend.loaded) == (["right", "wrong"], ["right"])


async def test_a_stage_that_fails_abandons_everything(stubs: Callable[..., StubBackend]) -> None:
    backend = BACKENDS["embedded"] = Loading("model")
    try:
        with WarmUp() as warm:
            warm.begin(backend.candidates(TASKS["translation"])[0])
            await asyncio.sleep(0)
            raise ValueError
    except ValueError:
        await asyncio.sleep(0.05)
    assert (backend.begun, backend.loaded) == (["model"], [])


async def test_a_backend_that_cannot_load_ahead_is_left_alone(stubs: Callable[..., StubBackend]) -> None:
    backend = stubs(echo=echo)
    with WarmUp() as warm:
        warm.begin(backend.candidates(TASKS["translation"])[0])
