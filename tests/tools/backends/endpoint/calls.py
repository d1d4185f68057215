"""What the tests of endpoints share: a Hub with a model for every task type, inputs, and one call."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.hub import Model
from tests.support.hub_answers import ANSWERS, RED
from tools.backends.endpoint import Endpoint
from tools.protocol import Audio, Call, Candidate, Output, Video
from tools.tasks import TASKS

SERVED = {  # pipeline tag -> provider and the task it serves the model for
    "text-generation": {"together": "conversational"},
    "image-text-to-text": {"together": "conversational"},
    "text-to-video": {"fal-ai": "text-to-video"},
    "image-to-video": {"fal-ai": "image-to-video"},
}
MODELS = {f"acme/{tag}": Model(tag, SERVED.get(tag, {"hf-inference": tag})) for tag in ANSWERS if tag in TASKS}
MODELS |= {
    "acme/image-text-to-text": Model("image-text-to-text", SERVED["image-text-to-text"]),
    "acme/picture": Model("text-to-image", {"fal-ai": "text-to-image"}, downloads=5000),
    "acme/picked": Model(
        "text-to-image", {"new-one": "text-to-image", "fal-ai": "image-to-image", "hf-inference": "text-to-image"}, 4000
    ),
    "acme/second": Model("text-to-image", {"replicate": "text-to-image", "hf-inference": "text-to-image"}, 3000),
    "acme/misfit": Model("text-to-image", {"fal-ai": "image-to-image"}, 2000),
    "acme/nobody": Model("text-classification", {}, downloads=9000),
    "acme/opus-mt-en-de": Model("translation", {"hf-inference": "translation"}),
}
INPUTS: dict[str, Any] = {
    "text": "I live in Berlin",
    "context": "I live in Berlin",
    "question": "Where do I live?",
    "query": "Where?",
    "texts": ["Here", "In Berlin"],
    "others": ["Berlin is home", "No"],
    "labels": ["home", "work"],
    "image": RED,
    "audio": Audio(np.zeros(800, np.float32), 8000),
    "video": Video([Image.new("RGB", (32, 16))] * 3, 8),
}
TOKEN = "hf_secret"  # noqa: S105 - of no account anywhere


def inputs(task: str, folder: Path) -> dict[str, Any]:
    table = folder / "cities.csv"
    table.write_text("city,people\nBerlin,4000000\nBonn,300000\n")
    given = INPUTS | {"table": str(table)} | ({"text": "I live in <mask>"} if task == "fill-mask" else {})
    return {slot.name: given[slot.name] for slot in TASKS[task].slots if slot.name in given}


def candidate(task: str, model: str) -> Candidate:
    return Candidate(model=model, task=task, backend="endpoint")


async def ask(backend: Endpoint, task: str, model: str, folder: Path, **more: object) -> Output:
    return await backend.run(Call(TASKS[task], candidate(task, model), inputs(task, folder) | more))


def complete(task: str, output: Output) -> bool:
    kinds: dict[str, type] = {"image": Image.Image, "audio": Audio, "video": Video}
    main = TASKS[task].outputs[0]
    return bool(output.text) if main == "text" else isinstance(output.media[0], kinds[main])
