"""A plan that waits for a person's word: one card a step, to tick, to cross out and to change."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from app.page.words import Say
from graph.proposal import ACTION
from tools.files.resources import is_reference
from tools.tasks import TASKS

Fields = list[tuple[int, str]]  # (place of the task, name of its argument): what each field of the cards edits
WHERE = {"local": "on this machine", "embedded": "built in", "endpoint": "at an endpoint", "llm": "by the controller",
         "extra": "a tool of yours", "ray": "on the cluster"}  # fmt: skip


def cards(waiting: Mapping[str, Any], say: Say) -> tuple[list[Component], Fields]:
    """Draw a card for each step; the ticks, one a step, then the fields, and what each field stands for."""
    jobs = {job["id"]: job for job in waiting.get("jobs", [])}
    ticks, edits, fields = list[Component](), list[Component](), Fields()
    for place, task in enumerate(planned(waiting)):
        with gr.Group(elem_classes="card"):
            ticks.append(
                gr.Checkbox(value=True, label=_heading(place, task, jobs.get(task["id"]), say), interactive=True)
            )
            for name, value in task["args"].items():
                if _editable(value):
                    edits.append(gr.Textbox(value, label=name.capitalize(), lines=1, max_lines=4, interactive=True))
                    fields.append((place, name))
                else:
                    gr.Markdown(f"{name.capitalize()}: {_named(value, say)}", elem_classes="pad")
    return [*ticks, *edits], fields


def planned(waiting: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tasks that are asked about."""
    return list(waiting["action_requests"][0]["args"]["tasks"])


def decision(waiting: Mapping[str, Any], fields: Fields, values: Sequence[object]) -> dict[str, Any]:
    """What the cards say, in the form of graph/approval.py: run it, run what is left of it, or run nothing."""
    tasks = planned(waiting)
    ticked, edited = values[: len(tasks)], values[len(tasks) :]
    new = [{**task, "args": dict(task["args"])} for task in tasks]
    for (place, name), value in zip(fields, edited, strict=True):
        new[place]["args"][name] = value
    kept = [task for task, tick in zip(new, ticked, strict=True) if tick]
    if not kept:
        return {"type": "reject"}
    return (
        {"type": "approve"}
        if kept == tasks
        else {"type": "edit", "edited_action": {"name": ACTION, "args": {"tasks": kept}}}
    )


def _heading(place: int, task: Mapping[str, Any], job: Mapping[str, Any] | None, say: Say) -> str:
    choice = (job or {}).get("choices") or [{}]
    type_ = TASKS.get(task["task"])
    model = choice[0].get("model") or say("no model")
    where = say(WHERE.get(choice[0].get("backend", ""), ""))
    does = say(type_.purpose[:1].upper() + type_.purpose[1:]) if type_ else task["task"]
    return f"{place + 1}. {does}: {model}{f', {where}' if where else ''}"


def _editable(value: object) -> bool:
    return isinstance(value, str) and "<resource-" not in value and not is_reference(value)


def _named(value: object, say: Say) -> str:
    """A value without paths and plan notation."""
    if isinstance(value, list):
        return ", ".join(_named(part, say) for part in value)
    text = str(value)
    return (
        say("from an earlier step")
        if text.startswith("<resource-")
        else Path(text).name
        if is_reference(text)
        else text
    )
