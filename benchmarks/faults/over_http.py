"""Faults of whatever is asked over HTTP: the controller in its three calls, endpoints, providers, the Hub, links."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.faults.bench import PAINT, PAINTED, READ, READING, TASKS, UNTOUCHED, Befall, Bench, Row, Seen
from benchmarks.support import misbehaviour as m
from benchmarks.support.detour import detour
from tools.models.hub import hub
from tools.settings import override

RATED = m.status(429, Retry_After="1")
LOADING = m.status(503, "Model acme/summary is currently loading")
ALL = frozenset({0, 1, 2, 3})
QUICK = {"half a JSON", "the connection ends in the middle", "redirect to another host", "a bomb", "HTML", "endless"}

CONTROLLER: dict[str, tuple[tuple[m.Fault, ...], str]] = {  # what goes wrong, and what is told of it
    "time-out": ((m.late,), "did not answer in time"),
    "hangs in mid-answer": ((m.hang,), "did not answer in time"),
    "429, then well": ((RATED, m.well), ""),
    "429 for ever": ((RATED,), "asked too often"),
    "500, then well": ((m.status(500), m.well), ""),
    "500 for ever": ((m.status(500),), "status 500"),
    "503 loading, then well": ((LOADING, m.well), ""),
    "HTML": ((m.html,), "form that cannot be read|broke off|cannot be reached"),
    "half a JSON": ((m.half,), "broke off|form that cannot be read"),
    "the connection ends in the middle": ((m.cut,), "cannot be reached|broke off"),
    "no connection": ((m.drop,), "cannot be reached"),
    "slow drip": ((m.drip,), "did not answer in time"),
    "endless": ((m.endless,), "did not come to an end|larger than|in time"),
    "redirect to another host": ((m.elsewhere,), "which the request is not meant for|status 307"),
    "wrong type": ((m.wrong,), "form that cannot be read|broke off"),
    "noise": ((m.noise,), "form that cannot be read|broke off"),
    "nothing": ((m.nothing,), "form that cannot be read|broke off"),
    "a bomb": ((m.bomb,), "compresses its answer"),
    "nested without end": ((m.deep,), "form that cannot be read|broke off|larger than"),
}
MODEL: dict[str, tuple[tuple[m.Fault, ...], str]] = {
    "time-out": ((m.late,), "did not answer in time"),
    "hangs in mid-answer": ((m.hang,), "did not answer in time"),
    "429 with Retry-After, then well": ((RATED, m.well), ""),
    "429 for ever": ((RATED,), "asked too often"),
    "500, then well": ((m.status(500, Retry_After="0"), m.well), ""),
    "500 for ever": ((m.status(500, Retry_After="0"),), "failed where it runs"),
    "503 loading, then well": ((LOADING, m.well), ""),
    "503 loading for ever": ((LOADING,), "still loading"),
    "HTML": ((m.html,), "not a result"),
    "half a JSON": ((m.half,), "not a result"),
    "the connection ends in the middle": ((m.cut,), "broke off"),
    "no connection": ((m.drop,), "broke off|cannot be reached"),
    "slow drip": ((m.drip,), "did not answer in time"),
    "endless": ((m.endless,), "larger than|did not answer in time"),
    "redirect to another host": ((m.elsewhere,), "which the request is not meant for"),
    "wrong type": ((m.wrong,), "not a result"),
    "noise": ((m.noise,), "not a result"),
    "nothing": ((m.nothing,), "not a result"),
    "a bomb": ((m.bomb,), "compresses|larger than|not a result"),
    "nested without end": ((m.deep,), "not a result"),
}


LINKS: dict[str, tuple[m.Fault, str]] = {
    "time-out": (m.late, "longer than|in time"),
    "hangs in mid-answer": (m.hang, "longer than|in time"),
    "404": (m.status(404), "404|not there|does not exist"),
    "500": (m.status(500), "500"),
    "HTML instead of a text": (m.html, ""),
    "the connection ends in the middle": (m.cut, "cannot be reached"),
    "no connection": (m.drop, "cannot be reached"),
    "slow drip": (m.drip, "longer than|in time"),
    "endless": (m.endless, "larger than|longer than"),
    "redirect without end": (m.around, "redirect|sent on"),
    "noise": (m.noise, "format"),
    "nothing": (m.nothing, "is empty"),
    "a bomb": (m.bomb, "No text was found"),
}
HUB: dict[str, m.Fault] = {
    "down": m.drop,
    "slow": m.late,
    "500": m.status(500),
    "429": m.status(429, Retry_After="1"),
    "HTML": m.html,
    "wrong type": m.wrong,
    "nested without end": m.deep,
    "endless": m.endless,
}
PICTURES: dict[str, tuple[m.Fault, str]] = {
    "words instead of a picture": (m.page("text/plain", b"imagine a picture"), "not a result"),
    "half a picture": (m.half, "not a result"),
    "noise instead of a picture": (m.noise, "not a result"),
    "a picture of 169 million pixels": (m.vast, "too large"),
    "a picture without end": (m.endless, "larger than|did not answer in time"),
}


def rows() -> Iterator[Row]:
    """All of them."""
    yield from _of_controller()
    yield from _of_models()
    for name, (fault, says) in LINKS.items():
        yield Row("files", f"link: {name}", says, _link(fault), quick=name == "endless")
    for name, fault in HUB.items():
        yield Row("select", f"Hub: {name}", "what came of it", _hub(fault), ALL, name == "down")


def _of_controller() -> Iterator[Row]:
    for name, (faults, says) in CONTROLLER.items():
        well, fault = faults[-1] is m.well, f"controller: {name}"
        sentence = "what came of it" if well else f"({says}).*planned by rule"
        yield Row("plan", fault, sentence, _controller("plan", faults), ALL if well else frozenset(), name in QUICK)
        yield Row("select", fault, "what came of it", _controller("select", faults), ALL, name == "half a JSON")
        sentence = "what came of it" if well else says
        yield Row("respond", fault, sentence, _controller("respond", faults), ALL, name == "half a JSON")


def _of_models() -> Iterator[Row]:
    for name, (faults, says) in MODEL.items():
        done = ALL if faults[-1] is m.well else UNTOUCHED
        yield Row("execute", f"endpoint: {name}", says, _endpoint(faults), done, name in QUICK)
        yield Row("execute", f"endpoint and a spare: {name}", "", _endpoint(faults, spare=True), ALL, name == "HTML")
        if says and name not in {"half a JSON", "wrong type", "nested without end"}:  # which a picture's answer is not
            yield Row("execute", f"provider: {name}", says, _provider(faults), UNTOUCHED, name == "HTML")
    for name, (fault, says) in PICTURES.items():
        yield Row("execute", f"endpoint: {name}", says, _painted(fault), UNTOUCHED, "169" in name)
        yield Row("execute", f"provider: {name}", says, _provider((fault,)), UNTOUCHED)


def _controller(stage: str, faults: tuple[m.Fault, ...]) -> Befall:
    async def befall(bench: Bench) -> Seen:
        bench.endpoints(bench.spare)  # so that there is something to choose
        bench.server.misbehave(stage, *faults)
        return await bench.ask()

    return befall


def _endpoint(faults: tuple[m.Fault, ...], *, spare: bool = False) -> Befall:
    async def befall(bench: Bench) -> Seen:
        bench.endpoints(*[bench.spare] * spare)
        bench.server.misbehave(TASKS[0], *faults)
        return await bench.ask()

    return befall


def _painted(fault: m.Fault) -> Befall:
    async def befall(bench: Bench) -> Seen:
        bench.server.plan = PAINTED
        bench.server.misbehave("text-to-image", fault)
        return await bench.ask(PAINT)

    return befall


def _provider(faults: tuple[m.Fault, ...]) -> Befall:
    async def befall(bench: Bench) -> Seen:
        bench.server.plan = PAINTED
        bench.endpoints(without="text-to-image")
        bench.server.misbehave("provider", *faults)
        with online(bench):
            hub().refresh("text-to-image")
            return await bench.ask(PAINT)

    return befall


def _hub(fault: m.Fault) -> Befall:
    async def befall(bench: Bench) -> Seen:
        bench.server.misbehave("hub", fault)
        override(catalogue_age=1e-6)  # hours: what is known is always too old
        with online(bench):
            seen = await bench.ask()
            await asyncio.to_thread(hub().settle, 5)
            if not bench.server.asked["hub"]:
                seen.bug = "the Hub was not asked"
            return seen

    return befall


def _link(fault: m.Fault) -> Befall:
    async def befall(bench: Bench) -> Seen:
        bench.server.plan = READING
        override(private_addresses=True)
        bench.server.misbehave("files", fault)
        return await bench.ask(READ, f"{bench.server.url}/files/words.txt")

    return befall


@contextmanager
def online(bench: Bench) -> Iterator[None]:
    """Meanwhile this process has a token of the Hub, whose hosts are the stand-in's."""
    before = os.environ.get("HF_TOKEN")
    os.environ["HF_TOKEN"] = f"hf_{bench.server.server_port}"
    hub.cache_clear()
    try:
        with detour(bench.server.server_port):
            yield
    finally:
        hub.cache_clear()
        os.environ.pop("HF_TOKEN")
        if before:
            os.environ["HF_TOKEN"] = before
