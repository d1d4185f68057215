"""Which recipes do each task type, as their classes say; the first that accepts a checkpoint is taken."""

from collections.abc import Iterator

from tools.backends.local import (
    audio,
    control,
    diffusion,
    embedding,
    generation,
    image,
    pose,
    tabular,
    text,
    video,
    vision_language,
)
from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.packages import lacks
from tools.backends.local.placement import framework
from tools.backends.local.recipe import Recipe
from tools.errors import ModelUnavailable
from tools.tasks import TASKS

_ROOMS = (text, generation, embedding, tabular, image, pose, vision_language, diffusion, control, audio, video)


def _recipes() -> Iterator[Recipe]:
    """One of every class that names task types itself, in the order in which they are written."""
    for room in _ROOMS:
        kinds = (kind for kind in vars(room).values() if isinstance(kind, type) and kind.__module__ == room.__name__)
        yield from (kind() for kind in kinds if issubclass(kind, Recipe) and "tasks" in vars(kind))


def _by_task() -> dict[str, tuple[Recipe, ...]]:
    recipes = tuple(_recipes())
    rows = {task: tuple(recipe for recipe in recipes if task in recipe.tasks) for task in TASKS}
    return {task: row for task, row in rows.items() if row}


RECIPES: dict[str, tuple[Recipe, ...]] = _by_task()


def recipe_for(task: str, checkpoint: Checkpoint) -> Recipe:
    """The recipe by which the checkpoint does the task. Raises ModelUnavailable where its classes cannot."""
    if lacking := lacks(checkpoint.config):
        raise ModelUnavailable(f"{checkpoint.model} {lacking}")
    accepting = [recipe for recipe in RECIPES.get(task, ()) if recipe.accepts(checkpoint)]
    objections = [recipe.objection(checkpoint) for recipe in accepting]
    if None in objections:
        return accepting[objections.index(None)]
    if objections:
        raise ModelUnavailable(f"{checkpoint.model} {objections[0]} and cannot do {task}: choose another model.")
    framework()
    import transformers

    names = ", ".join(checkpoint.architectures) or "of no known class"
    if "auto_map" in checkpoint.config and not any(hasattr(transformers, a) for a in checkpoint.architectures):
        raise ModelUnavailable(
            f"{checkpoint.model} needs code from its own repository, which is never run: choose another."
        )
    raise ModelUnavailable(
        f"{checkpoint.model} is {names} and cannot do {task}: choose a model that was trained for it."
    )
