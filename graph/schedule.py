"""What to start first when devices are scarce."""

from graph.state import Plan


def remaining(plan: Plan) -> dict[int, float]:
    """For every task the length of the longest path from it to the end of the plan, in tasks."""
    length = {task.id: 1.0 for task in plan.tasks}
    for task in reversed(plan.tasks):
        for needed in task.dep:
            if needed in length:
                length[needed] = max(length[needed], length[task.id] + 1)
    return length
