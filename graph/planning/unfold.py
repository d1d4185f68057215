"""One task for each of several files where a slot takes one; what depends on them collects or unfolds in turn."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from graph.binding import REFERENCE
from graph.planning.files import Files
from graph.planning.steps import Step
from tools.tasks import Slot


def unfold(steps: Sequence[Step], files: Files, most: int) -> list[Step]:
    """The steps, in topological order, with at most one file in every slot that takes one.

    The first copy keeps the id. A slot that takes many, or text, collects what all copies made. Stops soon after
    more than ``most`` steps have come about.
    """
    fresh = count(max((step.id for step in steps), default=0) + 1)
    copies: dict[int, list[int]] = {}
    done: list[Step] = []
    for step in steps:
        if len(done) > most:
            break
        made = list(_copies(_following(step, copies), files, fresh))
        copies[step.id] = [copy.id for copy in made]
        done += made
    return done


def _following(step: Step, copies: Mapping[int, Sequence[int]]) -> Step:
    """The step with every reference to, and order after, an unfolded task widened to all its copies."""
    slots = {slot.name: slot for slot in step.row.slots}
    args = {name: _widened(slots[name], values, copies) for name, values in step.args.items()}
    after = {copy for id_ in step.after for copy in copies.get(id_, [id_])}
    return Step(step.id, step.row, after, args)


def _widened(slot: Slot, values: Sequence[str], copies: Mapping[int, Sequence[int]]) -> list[str]:
    if slot.modality == "text" and not slot.many:
        return [
            REFERENCE.sub(lambda m: ", ".join(f"<resource-{i}>" for i in copies.get(int(m[1]), [int(m[1])])), value)
            for value in values
        ]
    return [reference for value in values for reference in _copied(value, copies)]


def _copied(value: str, copies: Mapping[int, Sequence[int]]) -> list[str]:
    match = REFERENCE.fullmatch(value)
    return [f"<resource-{id_}>" for id_ in copies.get(int(match[1]), [int(match[1])])] if match else [value]


def _copies(step: Step, files: Files, fresh: Iterator[int]) -> Iterator[Step]:
    """The step itself, or a copy for each value of the first slot that has several and takes one."""
    slot = next((slot for slot in step.row.slots if _unfolds(slot, step.args.get(slot.name, []), files)), None)
    if slot is None:
        yield step
        return
    for number, value in enumerate(step.args[slot.name]):
        copy = Step(step.id if number == 0 else next(fresh), step.row, step.after, step.args | {slot.name: [value]})
        yield from _copies(copy, files, fresh)


def _unfolds(slot: Slot, values: Sequence[str], files: Files) -> bool:
    """Texts are read one after the other in one go, but every document is a task of its own."""
    return len(values) > 1 and not slot.many and (slot.modality != "text" or any(map(files.find, values)))
