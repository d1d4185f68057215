"""Puts steps into an order in which they can run."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from graph.planning.steps import Findings, Step


def ordered(steps: Mapping[int, Step], findings: Findings) -> list[Step]:
    """The steps in topological order, near the order in which they were written; cycles are complained of."""
    for step in steps.values():
        _drop_unknown(step, steps, findings)
    try:
        sorter = TopologicalSorter({id_: step.dep & steps.keys() for id_, step in steps.items()})
        sorter.prepare()
    except CycleError as error:
        ring = set(error.args[1])
        for id_ in sorted(ring):
            others = ", ".join(map(str, sorted(ring - {id_}))) or "itself"
            findings.fault(id_, f"it waits for {others}, and so they wait for each other", steps[id_].row.name)
        return []
    order: list[Step] = []
    place = {id_: position for position, id_ in enumerate(steps)}
    ready: list[tuple[int, int]] = []
    while sorter.is_active():
        for id_ in sorter.get_ready():
            heappush(ready, (place[id_], id_))
        _, first = heappop(ready)
        order.append(steps[first])
        sorter.done(first)
    return order


def _drop_unknown(step: Step, steps: Mapping[int, Step], findings: Findings) -> None:
    """Forget an order after a task that is not there; complain of a reference to one that was never written."""
    step.after &= steps.keys()
    if lost := step.dep - steps.keys() - findings.blamed.keys():
        names = ", ".join(f"<resource-{id_}>" for id_ in sorted(lost))
        findings.fault(step.id, f"it refers to {names}, which no task makes", step.row.name)
