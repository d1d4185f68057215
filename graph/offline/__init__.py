"""Plans a request without a language model: reads it, finds its intents, wires them over the typed task graph."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graph.offline import everyday, followups, replies, wiring, wording
from graph.offline.case import Case
from graph.offline.copies import spread
from graph.offline.intents import Hits, Intent, cues_for, hits
from graph.offline.layout import Layout, Source
from graph.offline.outright import options
from graph.offline.parts import Parts
from graph.offline.proposals import best, fillable, propose, unfilled
from graph.offline.reading import Reading, read
from graph.offline.selection import select
from graph.offline.weights import Weights, load
from graph.offline.wiring import Wiring
from graph.planning.draft import Draft
from graph.state import Task
from tools.files.resources import modality
from tools.tasks import TASKS, Slot, TaskType


def plan(
    request: str,
    resources: Sequence[str],
    offered: Mapping[str, TaskType],
    *,
    previous: Sequence[str] = (),
    before: Sequence[Task] = (),
    weights: Weights | None = None,
) -> Draft:
    """Plan a request over the offered task types. Never raises for any text; bounded in its length.

    ``previous`` are the conversation's files before it, ``before`` the tasks of the last request.
    """
    if said := replies.small_talk(request, offered):
        return Draft(refusal=said, small_talk=True)
    if not request.strip() and resources:
        return Draft(question=replies.what_to_do(resources))
    reading = read(request, [*resources, *previous])
    if before and followups.says_only_what_differs(reading):
        files = resources or followups.pointed_at(reading, previous)
        if again := followups.repeated(reading, files, before, [*resources, *previous]):
            return Draft(tasks=again)
    weights = weights or load()
    chain = [] if resources else followups.meant(before, reading)
    if not chain:
        return _planned(reading, resources, previous, offered, weights)
    draft = _planned(followups.as_given(reading), resources, [*previous, followups.RESULT], offered, weights)
    return replace(draft, tasks=followups.onto(chain, draft.tasks))


def _planned(
    reading: Reading,
    resources: Sequence[str],
    previous: Sequence[str],
    offered: Mapping[str, TaskType],
    weights: Weights,
) -> Draft:
    """The plan of a request by what it says itself."""
    types = TASKS | dict(offered)
    files = file_sources(reading, _in_question(reading, resources, previous))
    case, found = Case(reading, files, types, offered, weights), hits(reading, types)
    selections = select(case, found)
    notes = list(_notes(case, found, selections[0].beyond, selections[0].intents))
    if not selections[0].intents:
        return Draft(refusal=replies.nothing_to_do(offered), notes=notes)
    _, lacking = fillable(Layout(reading, selections[0].intents, files))
    chosen = None if lacking else best(propose(selections, reading, files, weights), weights)
    lacking = lacking or (unfilled(chosen) if chosen else None)
    if lacking:
        return Draft(question=replies.question(*lacking), notes=notes)
    if chosen is None:
        return Draft(refusal=replies.nothing_to_do(offered), notes=notes)
    planned = tasks(chosen.layout, chosen.wiring)
    notes = list(_notes(case, found, selections[0].beyond, chosen.layout.intents))
    return Draft(tasks=spread(planned, [file.value for file in files], reading), notes=notes)


def _notes(case: Case, found: Hits, beyond: Sequence[Intent], planned: Sequence[Intent]) -> Iterator[str]:
    """What is to be said of each part of the request that asks for something and that no planned task does."""
    done = [(intent.start, intent.end) for intent in planned if intent.start >= 0]
    done += [(one.start, one.end) for each in planned for one in options(each.type, case.reading, each.start)]
    for name in {intent.type.name for intent in planned}:
        done += everyday.wordings(name, case.reading)
        done += [match.span() for match in cues_for(name, found, case.weights)]
    told, parts = set[str](), Parts(case.reading)
    alone = len(parts.whole) == 1 and len(planned) > 0 and not beyond  # then what is planned is what it asks for
    for part in [] if alone else parts.uncovered(done):
        types = [intent.type for intent in beyond if part.start <= intent.start < part.end]
        types = [type_ for type_ in types if "text" in type_.outputs or not part.text.endswith("?")]
        yield from (replies.cannot(type_) for type_ in types if type_.name not in told)
        told |= {type_.name for type_ in types}
        if not types and planned:
            yield replies.left_out(part.text)


def _in_question(reading: Reading, resources: Sequence[str], previous: Sequence[str]) -> list[str]:
    """The files that a request may be about: those that came with it, and of each missing kind the latest before it.

    Of earlier files those named, or all of a kind where the request counts them or speaks of several.
    """
    kinds = {modality(path) for path in resources}
    older = [path for path in previous if path in {mention.text for mention in reading.mentions}]
    for kind in {modality(path): None for path in reversed(previous)}:
        same = [path for path in previous if modality(path) == kind]
        if wording.ordinal(reading.plain, kind) is not None:
            older += same
        elif kind not in kinds:
            older += same if wording.plural(reading, kind) else same[-1:]
    return [*dict.fromkeys(older), *resources]


def file_sources(reading: Reading, resources: Sequence[str]) -> list[Source]:
    """The files as sources, each where the request names it first."""
    places = {mention.text: mention.start for mention in reversed(reading.mentions)}
    return [Source("file", modality(path), path, places.get(path, -1)) for path in resources]


def tasks(layout: Layout, chosen: Wiring) -> list[Task]:
    """The plan in topological order."""
    order = _order(len(layout.intents), chosen)
    number = {task: place for place, task in enumerate(order)}
    return [_task(number, layout.intents[task], task, layout, chosen) for task in order]


def _matched(needed: Sequence[Slot], sources: Sequence[Source]) -> list[Source]:
    """The sources in the order of the slots: a question is the user's words, what it is asked of a file or a result."""
    asks = needed[0].name in {"question", "query"}
    return sorted(sources, key=lambda source: asks and source.kind in {"file", "task"})


def _order(count: int, chosen: Wiring) -> list[int]:
    edges, order = chosen.edges(), list[int]()
    while len(order) < count:
        ready = (task for task in range(count) if task not in order and all(s in order for s, t in edges if t == task))
        order.append(next(ready))
    return order


def _task(number: Mapping[int, int], intent: Intent, task: int, layout: Layout, chosen: Wiring) -> Task:
    args: dict[str, Any] = dict(intent.slots)
    for owner, modality_, sources in chosen.fills:
        if owner == task:
            needed = wiring.slots(layout, task)[modality_]
            for slot, source in zip(needed, _matched(needed, sources), strict=False):
                value = source.value if source.task < 0 else f"<resource-{number[source.task]}>"
                args[slot.name] = [value] if slot.many else value
    dep = sorted(number[source] for source, target in chosen.edges() if target == task)
    return Task(task=intent.type.name, id=number[task], dep=dep, args=args)
