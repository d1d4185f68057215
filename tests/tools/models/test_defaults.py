"""Every default can be run: what is recorded of it is held against the libraries, and facts stand in one place."""

import json
from pathlib import Path

import httpx
import pytest
from huggingface_hub.errors import RepositoryNotFoundError

from tools.models.defaults import DEFAULTS, Default
from tools.models.facts import SNAPSHOT, Facts, snapshot
from tools.models.record import record, write
from tools.tasks import TASKS

ROWS = [row for rows in DEFAULTS.values() for row in rows]
RESTRICTED = ("cc-by-nc", "other", "non-commercial")


def name(row: Default) -> str:
    return f"{row.task}:{row.model}"


def config_of(architecture: str) -> dict[str, object]:
    """A configuration of that class, as a repository has it."""
    import transformers

    kind = getattr(transformers, architecture).config_class()
    return {"architectures": [architecture], "model_type": kind.model_type, "id2label": {0: "a", 1: "b"}} | (
        {"use_timm_backbone": kind.use_timm_backbone} if hasattr(kind, "use_timm_backbone") else {}
    )


@pytest.mark.parametrize("row", ROWS, ids=name)
@pytest.mark.slow
def test_the_class_of_a_default_is_one_that_its_task_takes(row: Default, tmp_path: Path) -> None:
    from tools.backends.local.checkpoint import Checkpoint
    from tools.backends.local.packages import lacks
    from tools.backends.local.recipes import RECIPES

    (architecture,) = row.facts.architectures
    is_net = architecture == "ControlNetModel"
    if row.facts.library == "diffusers":
        config: dict[str, object] = {"_class_name": architecture}
        if not is_net:
            (tmp_path / "model_index.json").write_text(json.dumps(config), encoding="utf-8")
    else:
        config = config_of(architecture)
    if row.facts.library == "sentence-transformers":
        (tmp_path / "modules.json").write_text("[]", encoding="utf-8")
    checkpoint = Checkpoint(row.model, tmp_path, config)
    assert any(recipe.accepts(checkpoint) for recipe in RECIPES[row.task]), architecture
    assert lacks(config) is None


@pytest.mark.slow
def test_pipelines_that_recipes_name_are_in_diffusers() -> None:
    import diffusers

    from tools.backends.local.diffusion import Diffusion
    from tools.backends.local.recipes import RECIPES

    named = {
        pipeline
        for recipes in RECIPES.values()
        for recipe in recipes
        if isinstance(recipe, Diffusion)
        for pipeline in recipe.pipelines
    }
    assert named
    assert {each for each in named if not hasattr(diffusers, each)} == set()


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_default_is_no_pickle_and_says_how_large_it_is(row: Default) -> None:
    assert row.facts.safetensors
    assert not row.facts.remote_code
    assert row.facts.parameters
    assert all(part.partition("/")[2] for part in row.parts.values())


def test_a_gated_model_is_a_default_only_where_there_is_no_other() -> None:
    for task, rows in DEFAULTS.items():
        assert len(rows) == 1 or not any(row.facts.gated for row in rows), task


def test_among_defaults_of_a_size_the_permissive_come_first() -> None:
    for task, rows in DEFAULTS.items():
        for size in ("small", "base", "large"):
            bound = [(row.facts.licence or "").startswith(RESTRICTED) for row in rows if row.size == size]
            assert bound == sorted(bound), (task, size)


def test_what_is_recorded_is_of_task_types_that_there_are_and_dated() -> None:
    rows = [row for rows in snapshot().values() for row in rows]
    assert {row.task for row in rows} <= set(TASKS)
    assert all(row.as_of.year >= 2025 for row in rows)


class Answers:
    """The Hub's part: some models as they are now, one that is gone, and the rest out of reach."""

    def __call__(self, model: str, tag: str) -> Facts:
        if model == "acme/gone":
            response = httpx.Response(404, request=httpx.Request("GET", "https://hub.example"))
            raise RepositoryNotFoundError("gone", response=response)
        if model == "acme/far":
            raise httpx.ConnectError("out of reach")
        return Facts(model=model, task=tag, downloads=7, architectures=("BertModel",), as_of="2026-11-21")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    file = tmp_path / "snapshot.json"
    file.write_bytes(SNAPSHOT.read_bytes())
    return file


def test_the_catalogue_is_written_from_the_hubs_answers_and_else_from_what_was_recorded(copy: Path) -> None:
    rows = [
        {"task": "fill-mask", "model": "acme/here", "downloads": 1},
        {"task": "translation", "model": "acme/gone", "downloads": 2},
        {"task": "fill-mask", "model": "acme/far", "downloads": 3},
    ]
    after = record(rows, Answers())
    assert [(row["model"], row["downloads"], row.get("approximate")) for row in after] == [
        ("acme/here", 7, False),
        ("acme/far", 3, None),
    ]
    write(copy, after)
    written = json.loads(copy.read_text(encoding="utf-8"))
    assert written["models"] == after
    assert written["as_of"] == json.loads(SNAPSHOT.read_text(encoding="utf-8"))["as_of"]


def test_the_file_is_as_the_script_writes_it(copy: Path) -> None:
    write(copy, json.loads(copy.read_text(encoding="utf-8"))["models"])
    assert copy.read_bytes() == SNAPSHOT.read_bytes()
