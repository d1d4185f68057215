"""Faults as a client of the server sees them: in an answer as a whole, and in a stream that has to end well-formed."""

import io
import json
from collections.abc import Callable, Iterator

import httpx

from app.server.serving import application
from benchmarks.faults.bench import ASKED, READ, READING, Befall, Bench, Row, Seen, logged
from benchmarks.support import misbehaviour as m
from tools.settings import override

ADDRESS = "http://127.0.0.1:8004"
END = "[DONE]"
CONTROLLER: dict[str, tuple[m.Fault, str]] = {
    "hangs in mid-answer": (m.hang, "planned by rule"),
    "500 for ever": (m.status(500), "planned by rule"),
    "half a JSON": (m.half, "planned by rule"),
    "no connection": (m.drop, "planned by rule"),
}
Prepare = Callable[[Bench], str]  # what goes wrong; gives what is asked


def rows() -> Iterator[Row]:
    """All of them, each whole and streamed."""
    for way in ("whole", "stream"):
        for name, (fault, says) in CONTROLLER.items():
            yield Row("plan", f"{way}: controller: {name}", says, _seen(way, _controller("plan", fault)))
            quick = name == "half a JSON"
            yield Row(
                "respond", f"{way}: controller: {name}", "^200", _seen(way, _controller("respond", fault)), quick=quick
            )
        yield Row("plan", f"{way}: no such controller", "^(422|500): .*nowhere", _seen(way, _nowhere), quick=True)
        yield Row("execute", f"{way}: endpoint: 500 for ever", "^200.*fill-mask: failed", _seen(way, _endpoint))
        yield Row("files", f"{way}: link: 500", "^200.*500", _seen(way, _link))
        yield Row(
            "save",
            f"{way}: a file where the folder of results should be",
            "^200.*what came of it",
            _seen(way, _folder),
            quick=True,
        )


def _seen(way: str, prepare: Prepare) -> Befall:
    async def befall(bench: Bench) -> Seen:
        override(llm="openai:stand-in", public_url=ADDRESS, page=False)
        asked, log, seen = prepare(bench), io.StringIO(), Seen()
        app = application()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 5000))
        with logged(log):
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http,
            ):
                messages = [{"role": "user", "content": asked}]
                body = {"model": "hugginggpt", "messages": messages, "stream": way == "stream"}
                seen.answer = _answer_of(await http.post("/v1/chat/completions", json=body, timeout=60))
        seen.log = log.getvalue()
        return seen

    return befall


def _answer_of(reply: httpx.Response) -> str:
    """The status and the words, of an error, too; a stream that ends in an error has the status 500."""
    if not reply.headers["content-type"].startswith("text/event-stream"):
        body = reply.json()
        return f"{reply.status_code}: {body['error']['message'] if 'error' in body else _words(body, 'message')}"
    events = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: ")]
    if not events or events[-1] != END:
        return "a stream without an end"
    chunks = [json.loads(event) for event in events[:-1]]
    if failed := next((chunk["error"]["message"] for chunk in chunks if "error" in chunk), None):
        return f"500: {failed}"
    return f"{reply.status_code}: {''.join(_words(chunk, 'delta') for chunk in chunks)}"


def _words(body: dict[str, list[dict[str, dict[str, str]]]], name: str) -> str:
    return "".join(choice[name].get("content", "") for choice in body["choices"])


def _controller(stage: str, fault: m.Fault) -> Prepare:
    def prepare(bench: Bench) -> str:
        bench.server.misbehave(stage, fault)
        return ASKED

    return prepare


def _nowhere(_: Bench) -> str:
    override(llm="nowhere:model")
    return ASKED


def _endpoint(bench: Bench) -> str:
    bench.server.misbehave("fill-mask", m.status(500, Retry_After="0"))
    return ASKED


def _link(bench: Bench) -> str:
    override(private_addresses=True)
    bench.server.plan = READING
    bench.server.misbehave("files", m.status(500))
    return READ.replace("words.txt", f"{bench.server.url}/files/words.txt")


def _folder(bench: Bench) -> str:
    (bench.folder / "file").write_text("in the way")
    override(out=bench.folder / "file")
    return ASKED
