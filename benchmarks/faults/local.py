"""Faults of models that run in this process: their files are cut, wrong, gone or of another kind. Needs torch."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.bench import Befall, Bench, Row, Seen
from benchmarks.support.misbehaviour import Good, well
from tools.settings import override

ASKED = 'Is the tone of "Alpha" positive? Translate "Beta" and sum that up.'
PLAN = """{"tasks": [{"text-classification": {"text": "Alpha"}}, {"translation": {"text": "Beta"}},
 {"summarization": {"text": "<r1>"}}]}"""

ALL = frozenset({0, 1, 2})  # the built-in expert takes over


def rows() -> Iterator[Row]:
    """All of them."""
    for name, spoil in SPOILT.items():
        yield Row("execute", f"local: {name}", "what came of it", _local(spoil), ALL, limit=120)
    yield Row("execute", "local: deleted in mid-run", "what came of it", _deleted, ALL, limit=120)


def _cut(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])


def _noise(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 100)


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _misconfigured(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "bert"')


def _other(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(config.read_text().replace("BertForSequenceClassification", "ViTForImageClassification"))


def _vast(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"vocab_size": ', '"vocab_size": 999999'))


def _wordless(folder: Path) -> None:
    for file in folder.glob("*token*"):
        file.write_text("{}")


SPOILT: dict[str, Callable[[Path], None]] = {
    "weights cut in half": _cut,
    "weights of noise": _noise,
    "weights as a pickle": _pickled,
    "a damaged configuration": _misconfigured,
    "another architecture": _other,
    "a configuration of another size": _vast,
    "a damaged tokenizer": _wordless,
}


def _prepared(bench: Bench) -> Path:
    from benchmarks.pipelines import build

    folder = build("tiny", bench.folder)
    bench.server.plan = PLAN
    bench.endpoints(f'[[models]]\ntask = "text-classification"\nmodel = "{folder}"\nprefer = true')
    override(download="never")
    return folder


def _local(spoil: Callable[[Path], None]) -> Befall:
    async def befall(bench: Bench) -> Seen:
        spoil(_prepared(bench))
        bench.server.misbehave("llm", lambda handler, _: handler.whole(400, "text/plain", b"no"))
        return await bench.ask(ASKED, mode="hybrid", select="rank")

    return befall


async def _deleted(bench: Bench) -> Seen:
    folder = _prepared(bench)

    def fault(handler: object, good: Good) -> None:
        shutil.rmtree(folder)
        well(handler, good)  # type: ignore[arg-type]  # as it came

    bench.server.misbehave("plan", fault, well)
    bench.server.misbehave("llm", lambda handler, _: handler.whole(400, "text/plain", b"no"))
    return await bench.ask(ASKED, mode="hybrid", select="rank")
