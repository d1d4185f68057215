"""The page's examples: each asks for what it says it needs, and only what can run is shown."""

import pytest

from app.page.examples import EXAMPLES, MOST, Example, runnable
from graph.offline import plan
from tools.tasks import TASKS


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.text for example in EXAMPLES])
def test_an_example_is_planned_with_the_tasks_that_it_needs(example: Example) -> None:
    draft = plan(example.text, list(example.files), {name: TASKS[name] for name in example.needs})
    assert {task.task for task in draft.tasks} == example.needs
    assert not draft.notes


def test_only_examples_that_can_run_are_shown() -> None:
    assert [example.text for example in runnable({"object-detection"})] == ["How many faces are in this picture?"]
    assert runnable(()) == []
    assert len(runnable(TASKS)) == MOST
