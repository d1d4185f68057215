"""Offered equals runnable."""

import http.server
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from langchain_core.runnables.config import set_config_context

from tests.support.loopback import running
from tools.backends.local import Local
from tools.backends.local.checkpoint import Checkpoint
from tools.backends.local.discovery import parts_of
from tools.backends.local.reach import Probe
from tools.backends.local.recipes import RECIPES
from tools.errors import ConfigError
from tools.settings import override, settings
from tools.tasks import TASKS

SENTIMENT = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"


@pytest.fixture
def own_file(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Writes the user's file of models, which counts from then on."""
    before = settings().models

    def write(text: str) -> None:
        file = tmp_path / f"models{len(list(tmp_path.iterdir()))}.toml"
        file.write_text(text, encoding="utf-8")
        override(models=file)

    yield write
    override(models=before)


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the Hub; the library reads its place once, at import."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def server() -> Iterator[str]:
    """Something that answers on loopback."""
    with running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)) as web:
        yield f"http://127.0.0.1:{web.server_port}"


def names(local: Local, task: str) -> list[str]:
    return [candidate.model for candidate in local.candidates(TASKS[task])]


def cache(hub_cache: Path, model: str) -> None:
    main = hub_cache / f"models--{model.replace('/', '--')}" / "refs" / "main"
    main.parent.mkdir(parents=True)
    main.write_text("1234")
    snapshot = hub_cache / f"models--{model.replace('/', '--')}" / "snapshots" / "1234"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").touch()


def test_nothing_is_offered_without_models_and_without_downloads(hub_cache: Path) -> None:
    local = Local()
    assert all(local.candidates(task) == [] for task in TASKS.values())
    assert "Hub is out of reach" in local.missing(TASKS["summarization"])


def test_a_model_in_the_hubs_cache_is_offered(hub_cache: Path) -> None:
    cache(hub_cache, SENTIMENT)
    assert names(Local(), "text-classification") == [SENTIMENT]


def test_a_model_in_the_cache_is_offered_at_the_commit_that_is_there(hub_cache: Path) -> None:
    model = "facebook/bart-large-cnn"
    cache(hub_cache, model)
    assert {each.model: each.revision for each in Local().candidates(TASKS["summarization"])} == {model: "1234"}


def test_the_owner_names_the_parts_of_a_model(own_file: Callable[[str], None]) -> None:
    own_file('[[models]]\nmodel = "acme/net"\ntask = "canny-text-to-image"\nparts = {base = "acme/sd"}\n')
    assert parts_of("canny-text-to-image", "acme/net") == {"base": "acme/sd"}
    assert parts_of("canny-text-to-image", "lllyasviel/sd-controlnet-canny")["base"].endswith("stable-diffusion-v1-5")
    assert parts_of("canny-text-to-image", "acme/other") == {}


@pytest.mark.parametrize(
    ("width", "base"),
    [
        (768, "stable-diffusion-v1-5/stable-diffusion-v1-5"),
        (2048, "stabilityai/stable-diffusion-xl-base-1.0"),
        (1, None),
    ],
)
def test_a_controlnets_base_is_told_by_the_words_that_it_reads(width: int, base: str | None, tmp_path: Path) -> None:
    (recipe,) = RECIPES["canny-text-to-image"]
    assert recipe.part("base", Checkpoint("acme/net", tmp_path, {"cross_attention_dim": width})) == base


def test_the_hubs_cache_is_walked_once_for_all_visitors(hub_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache(hub_cache, SENTIMENT)
    walks: list[object] = []
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda top: walks.append(top) or walk(top))
    local = Local()
    for owner in ("ann", "bob", "cid"):
        with set_config_context({"configurable": {"langgraph_auth_user_id": owner}}) as scope:
            assert scope.run(names, local, "text-classification") == [SENTIMENT]
    assert len(walks) == 1


def test_a_model_is_offered_only_with_its_parts(hub_cache: Path) -> None:
    cache(hub_cache, "lllyasviel/sd-controlnet-canny")
    assert names(Local(), "canny-text-to-image") == []
    cache(hub_cache, "stable-diffusion-v1-5/stable-diffusion-v1-5")
    assert names(Local(), "canny-text-to-image") == ["lllyasviel/sd-controlnet-canny"]


@pytest.mark.parametrize("prefer", [True, False])
def test_the_users_own_folder_comes_first_only_where_it_says_so(
    prefer: bool, own_file: Callable[[str], None], tiny_model: Callable[[str], Path], hub_cache: Path
) -> None:
    cache(hub_cache, SENTIMENT)
    folder = str(tiny_model("text-classification"))
    own_file(f'[[models]]\nmodel = "{folder}"\ntask = "text-classification"\nprefer = {str(prefer).lower()}\n')
    assert names(Local(), "text-classification") == ([folder, SENTIMENT] if prefer else [SENTIMENT, folder])


def test_a_folder_that_is_gone_is_explained(own_file: Callable[[str], None]) -> None:
    own_file('[[models]]\nmodel = "/nowhere/model"\ntask = "text-classification"\n')
    verdicts = {candidate.model: reason for candidate, reason in Local().explain(TASKS["text-classification"])}
    assert verdicts["/nowhere/model"] == "there is no such folder"


def test_a_wrong_file_of_models_is_told_to_whoever_asks(own_file: Callable[[str], None]) -> None:
    own_file("[[models]\n")
    local = Local()
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        local.candidates(TASKS["text-classification"])


def test_models_too_large_for_the_memory_are_left_out_and_say_so(hub_cache: Path) -> None:
    cache(hub_cache, SENTIMENT)
    override(memory=0.1)
    verdicts = {candidate.model: reason for candidate, reason in Local().explain(TASKS["text-classification"])}
    assert verdicts[SENTIMENT] == "too large for the memory that models may take here"


def test_the_hub_is_in_reach_when_it_answers(server: str) -> None:
    assert Probe(server).answer()


def test_the_hub_is_out_of_reach_when_nobody_answers() -> None:
    assert not Probe("http://127.0.0.1:9").answer()


async def test_an_event_loop_never_waits_for_the_hub() -> None:
    assert not Probe("http://10.255.255.1").answer()
