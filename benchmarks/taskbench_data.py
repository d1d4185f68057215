"""TaskBench's Hugging Face domain: its tools as our task types, its samples, and the form of its predictions.

Source: arXiv 2311.18760; https://huggingface.co/datasets/microsoft/Taskbench, folder ``data_huggingface``.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graph.state import Task
from tools.files.resources import mentioned
from tools.tasks import TASKS, Modality, Slot, TaskType

HUB_DATASET, HUB_FILE = "microsoft/Taskbench", "data_huggingface/data.json"

# What each tool takes and gives, as the set's own tool_desc.json says.
SIGNATURES: dict[str, tuple[tuple[Modality, ...], Modality | None]] = {
    "Token Classification": (("text",), "text"),
    "Translation": (("text",), "text"),
    "Summarization": (("text",), "text"),
    "Question Answering": (("text", "text"), "text"),
    "Conversational": (("text",), "text"),
    "Text Generation": (("text",), "text"),
    "Sentence Similarity": (("text", "text"), None),
    "Tabular Classification": (("image",), "text"),
    "Object Detection": (("image",), "text"),
    "Image Classification": (("image",), "text"),
    "Image-to-Image": (("image",), "image"),
    "Image-to-Text": (("image",), "text"),
    "Text-to-Image": (("text",), "image"),
    "Text-to-Video": (("text",), "video"),
    "Visual Question Answering": (("image", "text"), "text"),
    "Document Question Answering": (("image", "text"), "text"),
    "Image Segmentation": (("image",), "image"),
    "Depth Estimation": (("image",), "image"),
    "Text-to-Speech": (("text",), "audio"),
    "Automatic Speech Recognition": (("audio",), "text"),
    "Audio-to-Audio": (("audio",), "audio"),
    "Audio Classification": (("audio",), "text"),
    "Image Editing": (("image", "text"), "image"),
}
OUTPUTS = {name: output or "none" for name, (_, output) in SIGNATURES.items()}
TYPE_NAMES = {name: name.lower().replace(" ", "-") for name in SIGNATURES}
TOOL_NAMES = {type_name: name for name, type_name in TYPE_NAMES.items()}


@dataclass(frozen=True)
class Sample:
    """One labelled request. ``nodes`` are ``{"task", "arguments"}``, an output of node K written ``<node-K>``."""

    id: str
    kind: str
    request: str
    nodes: list[dict[str, Any]]

    @property
    def files(self) -> list[str]:
        """The files that the request names, in the order in which it does."""
        return mentioned(self.request)


def toolset() -> dict[str, TaskType]:
    """TaskBench's tools as rows of our task table, with the inputs and outputs that the set gives them."""
    return {TYPE_NAMES[name]: _row(TASKS[TYPE_NAMES[name]], *signature) for name, signature in SIGNATURES.items()}


def _row(ours: TaskType, inputs: Sequence[Modality], output: Modality | None) -> TaskType:
    """Our row under the set's signature; a slot keeps our name where it has our modality."""
    names = {modality: [slot.name for slot in ours.slots if slot.modality == modality] for modality in inputs}
    slots = tuple(Slot(names[modality].pop(0) if names[modality] else modality, modality) for modality in inputs)
    return replace(ours, slots=slots, outputs=(output,) if output else ())


def load(path: Path) -> list[Sample]:
    """Read samples: one JSON object a line, as ``train.jsonl`` here or ``data.json`` of the public set."""
    with path.open(encoding="utf-8") as lines:
        return [_sample(json.loads(line)) for line in lines if line.strip()]


def _sample(record: Mapping[str, Any]) -> Sample:
    nodes = record.get("task_nodes", record.get("tool_nodes", record.get("sampled_nodes")))
    nodes = json.loads(nodes) if isinstance(nodes, str) else nodes
    request = record.get("user_request", record.get("instruction"))
    return Sample(str(record["id"]), str(record["type"]), str(request), list(nodes or []))


def prediction(sample: Sample, tasks: Sequence[Task]) -> dict[str, Any]:
    """A plan in the set's own form. Task ids are the plan's positions."""
    nodes = [{"task": TOOL_NAMES.get(task.task, task.task), "arguments": _arguments(task)} for task in tasks]
    links = [
        {"source": nodes[source]["task"], "target": nodes[task.id]["task"]} for task in tasks for source in task.dep
    ]
    steps = [f"Step {task.id + 1}: {nodes[task.id]['task']}" for task in tasks]
    return {"id": sample.id, "result": {"task_steps": steps, "task_nodes": nodes, "task_links": links}}


def _arguments(task: Task) -> list[str]:
    values = [
        value for argument in task.args.values() for value in (argument if isinstance(argument, list) else [argument])
    ]
    return [re.sub(r"<resource-(\d+)>", r"<node-\1>", str(value)) for value in values]
