"""Plans a request without a language model: reads it, finds its wishes, wires them over the typed task graph."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from graph.offline import followups, replies, wording
from graph.offline.certainty import signs
from graph.offline.copies import spread
from graph.offline.intents import OUTCOMES
from graph.offline.layout import Layout
from graph.offline.meaning import Meaning, meaning
from graph.offline.reading import Reading, read
from graph.offline.understanding import Understanding, Understood
from graph.offline.weights import Weights, load
from graph.offline.wiring import Wiring, wiring
from graph.planning.draft import Draft
from graph.planning.files import Files
from graph.planning.partial import valid_part
from graph.planning.validation import as_written, question
from graph.state import Task
from tools.files.resources import modality
from tools.tasks import TaskType

SURE = 0.4  # the probability of being right below which the user is asked
_INSTEAD = 0.1  # how likely something must be that can be done, for it to be offered where nothing seems to be wanted
_MOST_CHOICES, _LEAST = 4, 0.03  # that are offered where the planner is not sure, and how likely each must be


def plan(
    request: str,
    resources: Sequence[str],
    offered: Mapping[str, TaskType],
    *,
    previous: Sequence[str] = (),
    before: Sequence[Task] = (),
    picked: str = "",
    weights: Weights | None = None,
    understood: Meaning | None = None,
) -> Draft:
    """Plan a request over the offered task types. Never raises for any text.

    ``previous`` are the conversation's files before it, ``before`` the tasks of the last request, ``picked`` the
    choice that the user made when this request was answered by a question. ``understood`` tells the meaning of a
    request in the place of the encoder that is installed, which is left out where ``weights`` are given.
    """
    if not request.strip():
        return Draft(question=replies.what_to_do(resources)) if resources else replies.small_talk(request)
    reading = read(request, [*resources, *previous])
    if before and followups.says_only_what_differs(reading):
        files = resources or followups.pointed_at(reading, previous)
        again = followups.repeated(reading, files, before, [*resources, *previous])
        return Draft(tasks=again) if again else Draft(question=replies.what_to_do(files or previous[-1:]))
    learned = meaning() if weights is None else None  # other weights may tell other wishes apart
    planner = Planner(offered, weights or load(), understood or learned, picked)
    chain = [] if resources else followups.meant(before, reading)
    if not chain:
        return planner.draft(reading, resources, previous)
    given = followups.as_given(reading)
    draft = planner.draft(given, resources, [followups.RESULT])
    if not followups.goes_on(draft.tasks):
        draft = planner.draft(given, resources, [*previous, followups.RESULT])
    return replace(draft, tasks=followups.onto(chain, draft.tasks))


class Planner:
    """Plans requests over the types on offer."""

    def __init__(
        self, offered: Mapping[str, TaskType], weights: Weights, understood: Meaning | None, picked: str = ""
    ) -> None:
        self.offered, self.weights, self.picked = offered, weights, picked
        self.understanding = Understanding(offered, weights, understood)

    def draft(self, reading: Reading, resources: Sequence[str], previous: Sequence[str]) -> Draft:
        """The plan of a request by what it says itself, or the one question that it leads to."""
        files, known = in_question(reading, resources, previous), Files(resources, previous)
        ranked = self.understanding.of(reading, files)
        listed = [choice for choice in ranked if choice.intents and choice.probability >= _LEAST][:_MOST_CHOICES]
        picked = next((choice for choice in listed if replies.described(choice) == self.picked), None)
        if picked:
            return self.planned(reading, files, known, [picked])[0]
        if ranked[0].wishes[0] in OUTCOMES:
            likely = [choice for choice in listed if choice.probability >= _INSTEAD]
            if likely and ranked[0].wishes != ("CHAT",):
                return replies.unsure(likely, files, self.offered)
            meant = self.understanding.lacking(reading, files)
            return replies.without_a_plan(ranked[0], reading.text, meant, self.offered)
        draft, clues = self.planned(reading, files, known, ranked)
        if not draft.tasks or self._sure(clues, ranked, reading):
            return draft
        return replies.unsure(listed, files, self.offered)

    def planned(
        self, reading: Reading, files: Sequence[str], known: Files, ranked: Sequence[Understood]
    ) -> tuple[Draft, dict[str, float]]:
        """The plan of the first of these sets of wishes, and the signs that tell how sure it is."""
        chosen, unmet = self.understanding.whole(ranked[0], reading, files)
        notes = list(replies.left_out(unmet))
        if not chosen.intents:
            return Draft(refusal=replies.nothing_to_do(self.offered), notes=notes), {}
        if unnamed := next(
            (intent for intent in chosen.intents if intent.type.slot("labels") and "labels" not in intent.slots), None
        ):
            return Draft(question=question(unnamed.type, unnamed.type.slots[-1]), notes=notes), {}
        layout = Layout(reading, chosen.intents, files)
        wired = wiring(layout, self.weights)
        checked = valid_part(as_written(spread(tasks(layout, wired), files, reading)), known, self.offered)
        if checked.missing:
            return Draft(question=question(*checked.missing), notes=notes), {}
        if checked.problems:
            return Draft(refusal=replies.unplanned(checked.problems), notes=notes), {}
        heard, meant = self.understanding.heard(reading, tuple(files)), self.understanding.meaning is not None
        clues = signs(heard, ranked, chosen, unmet, wired.score, meant=meant)
        return Draft(tasks=numbered(checked.tasks), notes=[*notes, *checked.notes]), clues

    def _sure(self, clues: Mapping[str, float], ranked: Sequence[Understood], reading: Reading) -> bool:
        chosen = ranked[0]
        if reading.mentions or reading.quotes:  # who names files or quotes texts says what is to be done with each
            return True
        if chosen.beyond and len({replies.described(choice) for choice in ranked if choice.intents}) < 2:
            return True  # whatever is meant, the same can be done
        return self.weights.certain(clues) >= SURE


def in_question(reading: Reading, resources: Sequence[str], previous: Sequence[str]) -> list[str]:
    """The files that a request may be about: those that came with it, and of each missing kind the latest before it.

    Of earlier files those named, or all of a kind where the request counts them or speaks of several.
    """
    kinds = {modality(path) for path in resources}
    older = [path for path in previous if path in {mention.text for mention in reading.mentions}]
    for kind in {modality(path): None for path in reversed(previous)}:
        same = [path for path in previous if modality(path) == kind]
        if wording.ordinal(reading.masked, kind) is not None:
            older += same
        elif kind not in kinds:
            older += same if wording.plural(reading, kind) else same[-1:]
    return [*dict.fromkeys(older), *resources]


def tasks(layout: Layout, chosen: Wiring) -> list[Task]:
    """The plan in topological order, its tasks numbered by it."""
    order = _order(len(layout.intents), chosen)
    number = {task: place for place, task in enumerate(order)}
    return [_task(number, task, layout, chosen) for task in order]


def numbered(plan: Sequence[Task]) -> list[Task]:
    """The tasks, in topological order, numbered by it."""
    number = {task.id: place for place, task in enumerate(plan)}
    return [followups.moved(task, number) for task in plan]


def _order(count: int, chosen: Wiring) -> list[int]:
    edges, order = chosen.edges(), list[int]()
    while len(order) < count:
        ready = (task for task in range(count) if task not in order and all(s in order for s, t in edges if t == task))
        order.append(next(ready))
    return order


def _task(number: Mapping[int, int], task: int, layout: Layout, chosen: Wiring) -> Task:
    intent = layout.intents[task]
    args: dict[str, Any] = dict(intent.slots)
    for owner, slot, sources in chosen.fills:
        if owner == task and sources:
            values = [source.value if source.task < 0 else f"<resource-{number[source.task]}>" for source in sources]
            args[slot.name] = values if slot.many else values[0]
    dep = sorted(number[source] for source, target in chosen.edges() if target == task)
    return Task(task=intent.type.name, id=number[task], dep=dep, args=args)
