"""What a tool adds to a model, and what batching and the pool bring: ``python -m benchmarks.pipelines [--json]``.

Models are random: their time does not depend on what they know. Every comparison alternates between its two sides and
takes medians, so that a machine that is busy with other things disturbs both alike.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tools import TOOLS
from tools.backends.local import Local
from tools.backends.local.placement import framework
from tools.registry import BACKENDS
from tools.settings import override

TASK = "text-classification"
TEXT = "The grey cat sleeps on the mat while the dog barks at the door."
SHAPES = {  # hidden size, layers
    "tiny": (32, 2),
    "small": (384, 6),
    "medium": (512, 8),
    **{f"turn{i}": (512, 6) for i in range(6)},
}
_COLD = "import asyncio, sys; from benchmarks.pipelines import ask; asyncio.run(ask(sys.argv[1], 'hello'))"


def build(name: str, folder: Path) -> Path:
    """A random BERT of that shape with a classifier's head, saved as a checkpoint."""
    framework()
    import transformers

    from tests.support.tiny.base import labels, wordpiece

    width, layers = SHAPES[name]
    tokenizer = wordpiece(512)
    config = transformers.BertConfig(
        vocab_size=8000,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32 if width > 32 else 2,
        intermediate_size=4 * width,
        **labels("negative", "positive"),
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder / name)
    tokenizer.save_pretrained(folder / name)
    return folder / name


async def ask(model: str, text: str) -> str:
    """One call through the tool."""
    return str(await TOOLS[TASK].ainvoke({"text": text, "model": model, "backend": "local"}))


async def against_direct(model: Path, text: str, rounds: int) -> tuple[float, float]:
    """Median seconds of a warm call through the tool, and of the same call of transformers made directly."""
    from transformers import pipeline

    direct = pipeline(TASK, model=str(model), device="cpu")
    await ask(str(model), text)
    through, alone = [], []
    for _ in range(rounds):
        alone.append(await timed(lambda: asyncio.to_thread(direct, text, top_k=None)))
        through.append(await timed(lambda: ask(str(model), text)))
    return statistics.median(through), statistics.median(alone)


async def batching(model: Path, calls: int = 32, rounds: int = 5) -> float:
    """How many times faster calls at once are than the same calls in turn."""
    texts = [f"{TEXT} {i}" for i in range(calls)]

    async def in_turn() -> None:
        for text in texts:
            await ask(str(model), text)

    await in_turn()
    speedups = []
    for _ in range(rounds):
        turn = await timed(in_turn)
        speedups.append(turn / await timed(lambda: asyncio.gather(*(ask(str(model), text) for text in texts))))
    return statistics.median(speedups)


async def two_models(first: Path, second: Path, calls: int = 12, rounds: int = 5) -> float:
    """Seconds of two models at once over the seconds of one after the other."""

    async def work(model: Path) -> None:
        for i in range(calls):
            await ask(str(model), f"{TEXT * 4} {i}")

    async def in_turn() -> None:
        await work(first)
        await work(second)

    await in_turn()
    ratios = []
    for _ in range(rounds):
        turn = await timed(in_turn)
        ratios.append(await timed(lambda: asyncio.gather(work(first), work(second))) / turn)
    return statistics.median(ratios)


async def under_pressure(tiny: Path, models: list[Path], budget_models: int = 3, rounds: int = 2) -> float:
    """By how many models' weights the process grew beyond a budget for three, while six took turns."""
    size = (models[0] / "model.safetensors").stat().st_size
    override(memory=(budget_models + 0.5) * size / 2**30)
    BACKENDS["local"] = Local()
    await ask(str(tiny), TEXT)
    before, peak, done = resident(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(rounds):
        for model in models:
            await ask(str(model), TEXT)
    done.set()
    watcher.join()
    return (peak - before) / size - budget_models


def cold_start(model: Path) -> float:
    """Seconds from starting a process to its first answer from a tiny model."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", _COLD, str(model)], check=True, capture_output=True, timeout=120)  # noqa: S603 - our own interpreter
    return time.perf_counter() - started


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def timed(work: Callable[[], Awaitable[Any]]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def measure(folder: Path) -> dict[str, float]:
    """All figures."""
    models = {name: await asyncio.to_thread(build, name, folder) for name in SHAPES}
    entries = [f'[[models]]\nmodel = "{path}"\ntask = "{TASK}"\n' for path in models.values()]
    (folder / "models.toml").write_text("\n".join(entries), encoding="utf-8")
    override(models=folder / "models.toml", out=folder / "outputs", download="never")
    tiny_tool, tiny_direct = await against_direct(models["tiny"], TEXT, 100)
    tool, direct = await against_direct(models["medium"], TEXT * 4, 30)
    figures = {
        "tool_call_ratio_50ms": tool / direct,
        "direct_call_ms": direct * 1000,
        "tool_call_extra_ms_tiny": (tiny_tool - tiny_direct) * 1000,
        "batching_speedup_32": await batching(models["small"]),
        "two_models_ratio": await two_models(models["small"], models["medium"]),
        "peak_over_budget_models": await under_pressure(models["tiny"], [models[f"turn{i}"] for i in range(6)]),
        "cold_start_s": await asyncio.to_thread(cold_start, models["tiny"]),
    }
    return {name: round(value, 3) for name, value in figures.items()}


TARGETS = {
    "tool_call_ratio_50ms": "<= 1.10",
    "tool_call_extra_ms_tiny": "<= 2",
    "batching_speedup_32": ">= 2",
    "two_models_ratio": "<= 1",
    "peak_over_budget_models": "<= 1",
}


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder)))
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:28} {value:8.3f}   {TARGETS.get(name, '')}")


if __name__ == "__main__":
    main()
