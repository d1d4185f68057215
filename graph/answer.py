"""The answer composed by rule: what was found first, then how, with every number and file straight from the results."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graph.markdown import inert
from graph.state import Plan, Result, Task
from tools.files.artifacts import address
from tools.files.resources import is_reference, modality
from tools.tasks import TASKS

HOW = "**How**"  # stands above the workflow
LONGEST = 4000  # characters of one result that are shown


def compose(plan: Plan, results: Sequence[Result], controller: str) -> str:
    """The whole answer in Markdown: findings, failures, the workflow."""
    done = [result for result in results if result.status == "done"]
    tasks = {task.id: task for task in plan.tasks}
    parts = [_finding(result, tasks.get(result.id)) for result in done]
    parts += [_failure(result) for result in results if result.status != "done"]
    if not done:
        parts.insert(0, "Nothing could be done.")
    return "\n\n".join([*parts, workflow(plan, results, controller)])


def workflow(plan: Plan, results: Sequence[Result], controller: str) -> str:
    """How the answer came about: tasks, models, what was mended in the plan, and who planned."""
    rows = [f"- {result.id} {result.task}: {_how(result)}" for result in results]
    notes = [f"Note: {inert(note)}" for note in plan.notes]
    return "\n\n".join([HOW, "\n".join(rows), *notes, f"Controller: {controller}"])


def _how(result: Result) -> str:
    if result.choice is None:
        return result.status
    again = ", from the cache" if result.cached else ""
    return f"{result.choice.model} ({result.choice.backend}{again}), {result.status}"


def _finding(result: Result, task: Task | None) -> str:
    text = inert(shorten(result.text)) if result.text else ""
    start = "\n" if "\n" in text else " "
    lines = [f"**{inert(_title(result.task, task.args if task else {}))}:**{start}{text}".rstrip()]
    return "\n".join([*lines, *scores(result.data), *map(link, result.files)])


def _title(name: str, args: Mapping[str, Any]) -> str:
    """What was found: the aspect that was asked for, else the result's name; and the file it is about, if any."""
    title = str(args.get("aspect") or TASKS[name].title or name)
    files = [Path(str(value)).name for value in args.values() if is_reference(str(value))]
    return " of ".join([title[:1].upper() + title[1:], *files[:1]])


def _failure(result: Result) -> str:
    verb = {"failed": "failed", "skipped": "was skipped", "cancelled": "was stopped"}[result.status]
    return f"**{result.task} (task {result.id}) {verb}:** {inert(result.error or 'no reason was given')}"


def link(path: str) -> str:
    """A file as Markdown: pictures show, everything else is a link."""
    mark = "!" if modality(path) == "image" else ""
    return f"{mark}[{Path(path).name}]({target(address(path))})"


def target(where: str) -> str:
    """An address as a link takes it."""
    return f"<{where}>" if re.search(r"[\s()]", where) else where


def scores(data: object) -> list[str]:
    """The confidences in structured results, one line each, best first and at most ten."""
    if isinstance(data, dict):
        sure = data.get(
            "confidence", None if "shares" in data else data.get("score")
        )  # shares: VADER's is no confidence
        return [f"Confidence: {sure:.1%}"] if isinstance(sure, int | float) else []
    rows = (
        [row for row in data if isinstance(row, dict) and isinstance(row.get("score"), int | float)]
        if isinstance(data, list)
        else []
    )
    rows = sorted(rows, key=lambda row: -float(row["score"]))[:10]
    return [f"- {_name(row)}: {float(row['score']):.1%}" for row in rows]


def _name(row: Mapping[str, Any]) -> str:
    return inert(str(next((row[key] for key in ("label", "name", "answer", "code", "text") if row.get(key)), "")))


def summary(data: object, longest: int = LONGEST) -> object:
    """Structured data whole where it is short, else its confidences and counts, else what it consists of."""
    if data is None or len(json.dumps(data, ensure_ascii=False)) <= longest:
        return data
    rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
    counts = Counter(str(row["label"]) for row in rows if "label" in row)
    if counts:
        return {"counts": dict(counts.most_common(20)), "best": scores(rows)}
    if isinstance(data, dict):
        return {key: summary(value, longest // len(data)) for key, value in list(data.items())[:20]}
    return f"{len(data)} items" if isinstance(data, list) else shorten(str(data), longest)


def shorten(text: str, longest: int = LONGEST) -> str:
    """The text, or its whole leading lines or words, with a note of how much is left out."""
    if len(text) <= longest:
        return text
    cut = max(text.rfind("\n", 0, longest), text.rfind(" ", 0, longest))
    kept = text[: cut if cut > longest // 2 else longest].rstrip()
    return f"{kept} ... ({len(text) - len(kept):,} more characters)"
