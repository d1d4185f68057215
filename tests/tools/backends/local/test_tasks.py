from collections.abc import Callable

import numpy as np
import pytest
from PIL.Image import Image

from tests.support import tiny
from tools.backends.local import Local
from tools.backends.local.recipes import RECIPES
from tools.errors import BadOutput
from tools.experts import EXPERTS
from tools.models.defaults import DEFAULTS
from tools.protocol import Audio, Call, Output, Video
from tools.tasks import TASKS

EMBEDDED_ONLY = {expert.task for expert in EXPERTS} & {
    *("canny-control", "hed-control", "mlsd-control", "text-extraction", "image-facts", "audio-facts", "video-facts"),
    *("video-to-audio", "video-to-image"),
}
UNSURE = {"document-question-answering:donut"}  # random weights never write the marks of an answer
SLOW = {"text-to-video:wan", "image-to-video"}
NAMES = [name for name in (*RECIPES, *tiny.VARIANTS) if name not in UNSURE]
MEDIA = {"image": Image, "audio": Audio, "video": Video}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in NAMES])
async def test_a_tiny_model_does_its_task(name: str, local: Local, call: Callable[..., Call]) -> None:
    request = call(name)
    output = await local.run(request)
    assert_whole(request, output)


def assert_whole(request: Call, output: Output) -> None:
    for modality in request.task.outputs:
        if modality == "text":
            assert output.text or output.data is not None
        else:
            assert any(isinstance(item, MEDIA[modality]) for item in output.media)
    for item in output.media:
        if isinstance(item, Audio):
            assert len(item.samples) > 0
            assert np.abs(item.samples).max() <= 1


def test_every_task_type_has_a_recipe_and_a_default_or_an_embedded_expert() -> None:
    assert set(RECIPES) == set(TASKS) - EMBEDDED_ONLY
    # no model of tables is of general use, and the changers of voices are pickles
    assert set(RECIPES) - {"tabular-classification", "audio-to-audio"} == set(DEFAULTS)


def test_defaults_name_the_parts_that_their_recipes_need() -> None:
    for task, rows in DEFAULTS.items():
        needed = {part for recipe in RECIPES[task] for part in recipe.parts}
        assert all(set(row.parts) <= needed for row in rows), task
        assert not needed or any(set(row.parts) == needed for row in rows), task


async def test_a_page_without_an_answer_is_said_so(local: Local, call: Callable[..., Call]) -> None:
    with pytest.raises(BadOutput, match="No answer was found"):
        await local.run(call("document-question-answering:donut"))
