"""What people ask for, answered without a model and judged by rules: ``python -m benchmarks.answers [--only KIND]``.

right: every wish is met. partly: some are, and the others are named as not done. lost: some are, and others are gone
without a word. wrong: something else was told or done. refused well: in a short reply that names what it needs.
"""

import argparse
import asyncio
import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from benchmarks.answers_data import CASES, Case, Reply
from graph import SERDE, build
from graph.answer import parted
from graph.context import Context
from tools.settings import override

VERDICTS = ("right", "partly", "wrong", "refused well", "refused badly", "lost")
_WALL = re.compile(r"plain English|nothing that can run here|Here I can:")
_LONGEST_REFUSAL = 700  # characters


def judge(case: Case, reply: Reply) -> str:
    """The verdict on a reply, by the case's rules."""
    if re.search(case.wrong, reply.text):
        return "wrong"
    met = [wish for wish in case.wishes if wish.met(reply)]
    missed = [wish for wish in case.wishes if wish not in met]
    bad = bool(_WALL.search(reply.text)) or len(reply.text) > _LONGEST_REFUSAL
    if not missed and not (bad and not reply.done):
        return "refused well" if case.beyond else "right"
    if not reply.done:
        return "refused badly"
    named = all(
        re.search(rf"not[^.\n]*(?:{wish.name})|(?:{wish.name})[^.\n]*\bnot\b", reply.text, re.I) for wish in missed
    )
    if named and (met or case.beyond):
        return "partly"
    return "lost" if met else "wrong"


async def converse(case: Case, folder: Path) -> Reply:
    """Have the conversation, and take what was told last."""
    paths = [folder / name for name in case.files]
    for path, make in zip(paths, case.files.values(), strict=True):
        make(path)
    graph, before = build().compile(checkpointer=InMemorySaver(serde=SERDE)), ""
    reply, given = Reply("", [], done=False), [str(path) for path in paths]
    for turn in case.turns:
        state: dict[str, Any] = {"messages": [HumanMessage(turn)], "resources": given}
        values = await graph.ainvoke(state, {"configurable": {"thread_id": "one"}}, context=Context(llm="offline"))  # type: ignore[call-overload]  # the input schema, as a plain dictionary
        text, results = parted(values["messages"][-1].text)[0], values.get("results") or []
        files = [Path(file) for result in results for file in result.files]
        done = any(result.status == "done" for result in results)
        reply, before, given = Reply(text, files, done, before), text, []
    return reply


async def bench(cases: list[Case]) -> list[dict[str, str]]:
    """One row a case: its kind, what was asked, the verdict, and what was told."""
    rows = []
    for case in cases:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            override(out=folder / "out", folders=[folder])
            try:
                reply = await converse(case, folder)
                verdict, words = judge(case, reply), reply.text
            except Exception as error:  # noqa: BLE001 - what a person would see as a failure is a verdict here
                verdict, words = "refused badly", f"{type(error).__name__}: {error}"
        rows.append({"kind": case.kind, "asked": " / ".join(case.turns), "verdict": verdict, "told": words})
        print(f"{verdict:14} {rows[-1]['asked']}", flush=True)
    return rows


def main() -> None:
    """Parse the options and run."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--json", metavar="FILE", type=Path, help="write one JSON object, with what was told")
    options.add_argument("--only", metavar="WORD", help="a kind of request, or words of it")
    chosen = options.parse_args()
    cases = [case for case in CASES if not chosen.only or re.search(chosen.only, f"{case.kind}: {case.turns}")]
    rows = asyncio.run(bench(cases))
    counts = Counter(row["verdict"] for row in rows)
    print(", ".join(f"{counts[name]} {name}" for name in VERDICTS), f"of {len(rows)}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"counts": counts, "rows": rows}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
