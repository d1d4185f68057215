"""How many everyday requests are planned right: FORMAT.md's rules.

A plan is right if it is one of the accepted ones, whatever the order of its tasks: the same types, bound to the same
files and to outputs of tasks that are alike, with the literal words that an accepted plan has.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.everyday_data import Everyday

Prediction = Mapping[str, Any]
_REFERENCE = re.compile(r"<(?:r|resource-|GENERATED>-|node-)(\d+)>?")


@dataclass(frozen=True)
class Form:
    """A task as it is compared: its type, what its slots are bound to, and the words in them."""

    task: str
    binds: frozenset[tuple[str, Any]]
    words: Mapping[str, Sequence[str]]

    @property
    def shape(self) -> tuple[str, frozenset[tuple[str, Any]]]:
        """Everything but the words."""
        return self.task, self.binds


def score(data: Sequence[Everyday], predictions: Mapping[str, Prediction]) -> dict[str, Any]:
    """Per cent right and misled ("wrong plans": something else was run than was asked), and right by kind."""
    kinds: dict[str, list[bool]] = defaultdict(list)
    misled = 0
    for everyday in data:
        prediction = predictions.get(everyday.id, {})
        right = is_right(everyday, prediction)
        kinds[everyday.kind].append(right)
        misled += not right and prediction.get("outcome") == "plan"
    total = sum(map(sum, kinds.values()))
    return {
        "samples": len(data),
        "right": round(100 * total / len(data), 1),
        "wrong_plans": round(100 * misled / len(data), 1),
        "kinds": {kind: {"right": sum(verdicts), "samples": len(verdicts)} for kind, verdicts in sorted(kinds.items())},
    }


def is_right(everyday: Everyday, prediction: Prediction) -> bool:
    """Whether a prediction is what was asked for."""
    if everyday.outcomes:
        return prediction.get("outcome") in everyday.outcomes
    if prediction.get("outcome") != "plan":
        return False
    made = list(forms(prediction.get("tasks") or [], everyday.attached))
    return any(_fits(made, _literal(plan, everyday.attached)) for plan in everyday.accept)


def forms(tasks: Sequence[Mapping[str, Any]], files: Sequence[str]) -> Iterator[Form]:
    """Every task as it is compared, its references followed down to files."""
    by_id = {task.get("id", number): task for number, task in enumerate(tasks)}
    return (_form(task, by_id, files, ()) for task in by_id.values())


def _form(
    task: Mapping[str, Any], by_id: Mapping[int, Mapping[str, Any]], files: Sequence[str], seen: tuple[int, ...]
) -> Form:
    binds: set[tuple[str, Any]] = set()
    words: dict[str, list[str]] = defaultdict(list)
    for slot, value in (task.get("args") or {}).items():
        for text in map(str, value if isinstance(value, list) else [value]):
            for number in map(int, _REFERENCE.findall(text)):
                known = number in by_id and number not in seen
                binds.add((slot, _form(by_id[number], by_id, files, (*seen, number)).shape if known else "nothing"))
            binds |= {(slot, file) for file in files if _names(file, text)}
            words[slot].append(normalized(_REFERENCE.sub(" ", text)))
    return Form(str(task["task"]), frozenset(binds), words)


def _names(file: str, text: str) -> bool:
    return bool(re.search(r"(?<![\w.-])" + re.escape(file) + r"(?![\w-])", text))


def normalized(text: object) -> str:
    """What counts of a text when words are compared."""
    return re.sub(r"\W+", " ", str(text).lower()).strip()


def _literal(plan: Sequence[Mapping[str, Any]], files: Sequence[str]) -> list[Form]:
    """An accepted plan's tasks: ``*`` is any text, and a file is a binding and no words."""
    no_words = {normalized(file) for file in files} | {""}
    bare = [{**task, "args": _without_stars(task.get("args", {}))} for task in plan]
    return [
        replace(form, words={slot: [w for w in words if w not in no_words] for slot, words in form.words.items()})
        for form in forms(bare, files)
    ]


def _without_stars(args: Mapping[str, Any]) -> dict[str, Any]:
    def bare(value: object) -> object:
        return [bare(item) for item in value] if isinstance(value, list) else "" if value == "*" else value

    return {slot: bare(value) for slot, value in args.items()}


def _fits(made: Sequence[Form], wanted: Sequence[Form]) -> bool:
    """Whether the tasks can be matched one to one."""
    if len(made) != len(wanted) or not wanted:
        return len(made) == len(wanted)
    first, rest = wanted[0], wanted[1:]
    return any(
        _alike(form, first) and _fits([*made[:number], *made[number + 1 :]], rest) for number, form in enumerate(made)
    )


def _alike(form: Form, wanted: Form) -> bool:
    said = {slot: " ".join(words) for slot, words in form.words.items()}
    return form.shape == wanted.shape and all(
        word in said.get(slot, "") for slot, words in wanted.words.items() for word in words
    )
