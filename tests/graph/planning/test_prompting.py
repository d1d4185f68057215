"""The planning prompt: short, complete, and with demonstrations that are valid plans."""

import json
import random

import pytest
from langchain_core.messages import HumanMessage

import prompts
from graph.conversation import Request
from graph.planning.files import Files
from graph.planning.prompting import compact, conversation, listed, tokens
from graph.planning.reply import read
from graph.planning.validation import check
from graph.state import Task
from prompts import Demonstration
from tools.tasks import TASKS

REQUESTS = [demonstration.request for demonstration in prompts.demonstrations()]


@pytest.mark.parametrize("demonstration", prompts.demonstrations(), ids=lambda each: str(each.request)[:40])
def test_every_demonstration_passes_the_validator_unchanged(demonstration: Demonstration) -> None:
    reply = read(compact(demonstration.plan))
    found = check(reply.tasks, Files(demonstration.files), TASKS)
    assert (found.problems, found.missing, found.notes) == ([], None, [])
    assert len(found.tasks) == len(demonstration.plan.get("tasks", []))
    assert found.tasks or reply.text or reply.question


@pytest.mark.parametrize("text", [*REQUESTS, "Describe this picture and read the text in it aloud."])
def test_the_prompt_for_one_picture_with_every_task_offered_is_short(text: str) -> None:
    """Counted at 3.5 characters a token, where tokenizers of current models need about 4.3 for such text.

    1,500 were the aim for 52 task types; six more came since.
    """
    request = Request(text, ["in/photo.png"], [], HumanMessage(text))
    assert tokens(conversation(request, TASKS, 8_000)) < 1_650


def test_every_offered_task_is_listed_and_no_other() -> None:
    offered = {name: TASKS[name] for name in ("image-to-text", "text-to-speech")}
    lines = listed(offered).splitlines()
    assert lines == [
        "(image) -> text",
        "image-to-text: describe an image, or read the text printed in it",
        "(text, language?, manner?) -> audio",
        "text-to-speech: speak a text",
    ]


def test_only_demonstrations_of_offered_tasks_are_shown() -> None:
    request = Request("Read it aloud.", [], [], HumanMessage("x"))
    system = conversation(request, {"summarization": TASKS["summarization"]}, 8_000)[0].text
    assert "Hello, what can you do?" in system
    assert "text-to-speech" not in system


def test_the_run_s_own_instructions_stand_beside_ours() -> None:
    request = Request("Read it aloud.", [], [], HumanMessage("x"), instructions="Prefer short plans.")
    assert conversation(request, TASKS, 8_000)[0].text.endswith("\n\nPrefer short plans.")


def fifty() -> list[Task]:
    """A plan of fifty tasks in which each uses what one or two earlier ones made."""
    rng, tasks = random.Random(1), [Task(task="image-to-text", id=0, args={"image": "photo.jpg"})]
    for id_ in range(1, 50):
        dep = sorted(rng.sample(range(id_), min(id_, rng.randint(1, 2))))
        row = TASKS[rng.choice(["summarization", "translation", "text-generation", "question-answering"])]
        args = {slot.name: " ".join(f"<resource-{each}>" for each in dep) for slot in row.required}
        tasks.append(Task(task=row.name, id=id_, dep=dep, args=args))
    return tasks


def test_the_written_form_is_at_most_0_56_of_plain_json() -> None:
    plan = fifty()
    plain = json.dumps([{"task": t.task, "id": t.id, "dep": t.dep or [-1], "args": t.args} for t in plan])
    ours = compact({"tasks": [{task.task: task.args} for task in plan]}).replace("<resource-", "<r")
    assert len(ours) <= 0.56 * len(plain)
    assert check(read(ours).tasks, Files(["photo.jpg"]), TASKS).tasks == plan
