"""Half precision, as on a card: what it is good enough for runs in it, and everything else in single precision."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import tiny
from tests.tools.backends.local.test_tasks import SLOW, UNSURE, assert_whole
from tools.backends.local import Local
from tools.backends.local.placement import Placement
from tools.backends.local.recipe import Recipe
from tools.backends.local.recipes import RECIPES
from tools.protocol import Call

MEASURES = {  # what half precision changes: scores, boxes, masks, spans, vectors, depths
    "text-classification", "token-classification", "zero-shot-classification", "question-answering",
    "table-question-answering", "fill-mask", "sentence-similarity", "text-ranking", "feature-extraction",
    "tabular-classification", "image-classification", "zero-shot-image-classification", "object-detection",
    "zero-shot-object-detection", "image-segmentation", "mask-generation", "depth-estimation", "keypoint-detection",
    "document-question-answering", "image-feature-extraction", "normal-control", "openpose-control",
    "text-to-speech", "audio-to-audio", "audio-classification", "zero-shot-audio-classification",
    "video-classification",
}  # fmt: skip
ONE_OF_ITS_KIND = {f"{kind}-text-to-image" for kind in ("hed", "mlsd", "normal", "openpose", "depth", "seg")}
RUN = [
    name
    for name in (*RECIPES, *tiny.VARIANTS)
    if any(recipe.half for recipe in RECIPES[name.partition(":")[0]]) and name not in UNSURE | ONE_OF_ITS_KIND
]


def kinds() -> list[tuple[str, Recipe]]:
    return [(task, recipe) for task, recipes in RECIPES.items() for recipe in recipes]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize(("task", "recipe"), kinds())
def test_what_measures_is_placed_in_single_precision(task: str, recipe: Recipe, dtype: str) -> None:
    placed = recipe.placed(Placement("cuda:0", dtype))
    assert placed.device == "cuda:0"
    assert placed.dtype == ("float32" if not recipe.half else dtype)
    assert task not in MEASURES or not recipe.half


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in RUN])
async def test_a_tiny_model_does_its_task_in_half_precision(
    name: str, halved: Local, call: Callable[..., Call]
) -> None:
    request = call(name)
    assert_whole(request, await halved.run(request))


@pytest.mark.parametrize("task", sorted(MEASURES & {"depth-estimation", "table-question-answering", "mask-generation"}))
async def test_what_broke_in_half_precision_is_right_on_such_a_card(
    task: str, halved: Local, call: Callable[..., Any]
) -> None:
    request = call(task)
    assert_whole(request, await halved.run(request))
