"""The answer composed by rule: what was found, what was not done, then how; every number and file from the results."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from graph.markdown import inert
from graph.state import Plan, Result, Task
from graph.words import LANGUAGES, said, say
from tools.files.artifacts import address
from tools.files.resources import is_reference, modality
from tools.tasks import TASKS

HOW = "**How**"  # stands above the workflow, in the language of the answer
_SURE = 0.8  # mean confidence of a reader below which people should look again
LONGEST = 4000  # characters of one result that are shown


def compose(plan: Plan, results: Sequence[Result], controller: str, request: str = "") -> str:
    """The whole answer in Markdown: what was asked for, what was not done, and below that how it came about.

    A text that only led to another answer, and was not asked for, is told with how it came about.
    """
    tasks = {task.id: task for task in plan.tasks}
    done = [result for result in results if result.status == "done"]
    between = _between(plan, done, request)
    asked = [result for result in done if result.id not in between]
    parts = [_finding(result, tasks.get(result.id), alone=len(asked) == 1) for result in asked]
    parts += [_failure(result) for result in results if result.status != "done"]
    if not done:
        parts.insert(0, say("Nothing could be done."))
    read = [
        f"{_title(result.task, tasks[result.id].args)}: {_words(result)}" for result in done if result.id in between
    ]
    return "\n\n".join(filter(None, [*parts, remarks(plan), workflow(results, controller), *read]))


def _between(plan: Plan, done: Sequence[Result], request: str) -> set[int]:
    """The tasks whose words only serve another that came to its end, and that the request does not ask for itself."""
    ended = {result.id for result in done}
    used = {dep: task.task for task in plan.tasks if task.id in ended for dep in task.dep}
    words = [result for result in done if result.id in used and result.text and {*result.files} <= {result.whole}]
    said = request.lower()
    return {
        result.id
        for result in words
        if used[result.id] in _ABSORBING or not any(_stands(word, said) for word in TASKS[result.task].words)
    }


def _stands(word: str, said: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", said) is not None


# Their answer takes the place of the text it was made from
_ABSORBING = {"question-answering", "summarization", "translation", "text-extraction", "text2text-generation"}


def remarks(plan: Plan) -> str:
    """What was left out or understood otherwise, a line each; empty where there is nothing to say."""
    return "\n".join(plan.notes)


def workflow(results: Sequence[Result], controller: str) -> str:
    """How the answer came about: tasks, models, and who planned."""
    rows = [f"- {result.id} {result.task}: {_how(result)}" for result in results]
    return "\n\n".join([say(HOW), "\n".join(rows), f"{say('Controller')}: {controller}"])


def parted(answer: str) -> tuple[str, str]:
    """The answer alone, and the workflow that stands below it, without its heading; in any language."""
    whole = _headings().split(answer, maxsplit=1)
    return whole[0], (whole[1].strip() if whole[1:] else "")


@cache
def _headings() -> re.Pattern[str]:
    headings = {re.escape(said(language, HOW)) for language in LANGUAGES}
    return re.compile(rf"(?:^|\n\n)(?:{'|'.join(headings)})\n")


def _how(result: Result) -> str:
    if result.choice is None:
        return say(result.status)
    again = f", {say('from the cache')}" if result.cached else ""
    return f"{result.choice.model} ({result.choice.backend}{again}), {say(result.status)}"


def _finding(result: Result, task: Task | None, *, alone: bool) -> str:
    """What a task found: under its name, unless it is all there is."""
    text = inert(_words(result))
    start = "\n" if "\n" in text else " "
    title = f"**{inert(_title(result.task, task.args if task else {}))}:**"
    first = text if alone and text else f"{title}{start}{text}".rstrip()
    return "\n".join([first, *scores(result.data), *map(link, result.files)])


def _words(result: Result) -> str:
    kept, left = cut(result.text or "", LONGEST, result.more)
    return f"{kept} ... ({say('{count} more characters', count=f'{left:,}')})" if left else kept


def _title(name: str, args: Mapping[str, Any]) -> str:
    """What was found: the aspect that was asked for, else the result's name; and the file it is about, if any."""
    english = str(args.get("aspect") or TASKS[name].title or name)
    title = say(english[:1].upper() + english[1:])
    files = [Path(str(value)).name for value in args.values() if is_reference(str(value))]
    return say("{found} of {file}", found=title, file=files[0]) if files else title


def _failure(result: Result) -> str:
    became = say(BECAME[result.status], task=result.task, number=result.id)
    return f"**{became}:** {inert(result.error or say('no reason was given'))}"


BECAME = {
    "failed": "{task} (task {number}) failed",
    "skipped": "{task} (task {number}) was skipped",
    "cancelled": "{task} (task {number}) was stopped",
}


def link(path: str) -> str:
    """A file as Markdown: pictures show, everything else is a link."""
    mark = "!" if modality(path) == "image" else ""
    return f"{mark}[{Path(path).name}]({target(address(path))})"


def target(where: str) -> str:
    """An address as a link takes it."""
    return f"<{where}>" if re.search(r"[\s()]", where) else where


def scores(data: object) -> list[str]:
    """The labels among structured results with their probabilities, a line each, best first and at most ten.

    Anything else that is called a score (a rank, an overlap, a mood from -1 to 1) is no probability and is not told
    as one. How sure a reader was is told only where that should make people look again.
    """
    if isinstance(data, dict):
        sure = data.get("confidence")
        return (
            [say("Some of this was hard to read; please check it.")] if isinstance(sure, float) and sure < _SURE else []
        )
    rows = [row for row in data if isinstance(row, dict) and _probable(row)] if isinstance(data, list) else []
    rows = sorted(rows, key=lambda row: -float(row["score"]))[:10]
    return [f"- {row['label']}: {float(row['score']):.1%}" for row in rows]


def _probable(row: Mapping[str, Any]) -> bool:
    score = row.get("score")
    return "label" in row and isinstance(score, int | float) and 0 <= score <= 1


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


def shorten(text: str, longest: int = LONGEST, more: int = 0) -> str:
    """The text, or its whole leading lines or words, with a note of how much is left out; ``more`` is out already."""
    kept, left = cut(text, longest, more)
    return f"{kept} ... ({left:,} more characters)" if left else kept


def cut(text: str, longest: int, more: int = 0) -> tuple[str, int]:
    """The text, or its whole leading lines or words, and how many characters are left out."""
    if len(text) + more <= longest:
        return text, 0
    end = max(text.rfind("\n", 0, longest), text.rfind(" ", 0, longest))
    kept = text[: end if end > longest // 2 else longest].rstrip()
    return kept, len(text) + more - len(kept)
