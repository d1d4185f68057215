"""Inference providers: which is asked, for how long, with which token."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.inference._providers import PROVIDERS

from tests.support.hub import Hub
from tests.tools.backends.endpoint.calls import TOKEN, ask
from tools.backends.endpoint import Endpoint
from tools.errors import ModelTimeout, ModelUnavailable
from tools.models import providers
from tools.models.facts import snapshot
from tools.settings import process_settings
from tools.tasks import TASKS


def asked(remote: Hub) -> list[str]:
    return [request.path for request in remote.requests if request.host == "router.huggingface.co"]


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def test_a_provider_that_is_unknown_or_serves_another_task_is_passed_over(remote: Hub, tmp_path: Path) -> None:
    assert (await ask(Endpoint(), "text-to-image", "acme/picked", tmp_path)).media
    assert asked(remote) == ["/hf-inference/models/acme/picked"]


async def test_a_provider_that_fails_is_followed_by_the_next(remote: Hub, tmp_path: Path) -> None:
    assert (await ask(Endpoint(), "text-to-image", "acme/second", tmp_path)).media
    assert [path.split("/")[1] for path in asked(remote)] == ["replicate", "hf-inference"]


async def test_a_model_that_is_served_for_another_task_is_not_offered(remote: Hub, tmp_path: Path) -> None:
    reasons = {candidate.model: reason for candidate, reason in Endpoint().explain(TASKS["text-to-image"])}
    assert reasons["acme/picked"] is None
    assert reasons["acme/misfit"] == "fal-ai serves it, but not as text-to-image"
    with pytest.raises(ModelUnavailable, match="not served as text-to-image"):
        await ask(Endpoint(), "text-to-image", "acme/misfit", tmp_path)


@pytest.mark.slow
async def test_a_cancelled_film_is_withdrawn_from_its_provider(remote: Hub, tmp_path: Path) -> None:
    remote.endless = True
    try:
        film = asyncio.create_task(ask(Endpoint(), "text-to-video", "acme/text-to-video", tmp_path))
        await until(lambda: remote.polls > 0)
        film.cancel()
        await until(remote.cancelled.is_set)
    finally:
        remote.endless = False
    withdrawn = remote.requests[-1]
    assert (withdrawn.method, withdrawn.key) == ("PUT", TOKEN)
    assert withdrawn.path.partition("?")[0].endswith("/requests/r1/cancel")


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "outcome"), [("30", None), ("0.8", ModelTimeout)])
async def test_films_have_a_time_limit_of_their_own(
    seconds: str, outcome: type[Exception] | None, remote: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUGGINGGPT_ENDPOINT_TIMEOUT", "0.001")
    monkeypatch.setenv("HUGGINGGPT_FILM_TIMEOUT", seconds)
    process_settings.cache_clear()
    film = ask(Endpoint(), "text-to-video", "acme/text-to-video", tmp_path)
    if outcome is None:
        assert (await film).media
        return
    remote.endless = True
    try:
        with pytest.raises(outcome):
            await film
        await until(remote.cancelled.is_set)
    finally:
        remote.endless = False


async def test_the_token_is_looked_up_at_each_use(remote: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))  # where `hf auth login` writes
    backend = Endpoint()
    with pytest.raises(ModelUnavailable, match="HF_TOKEN"):
        await ask(backend, "summarization", "acme/summarization", tmp_path)
    for token in ("hf_first", "hf_refreshed"):
        (tmp_path / "token").write_text(token)
        await ask(backend, "summarization", "acme/summarization", tmp_path)
        assert remote.requests[-1].key == token


def test_the_table_of_providers_is_the_clients_own() -> None:
    assert providers.of_client() == {name: sorted(tasks) for name, tasks in sorted(PROVIDERS.items())}
    for name, tasks in providers.of_client().items():
        assert all(providers.serves(name, task) for task in tasks), "run python -m tools.models.providers"
        assert not providers.serves(name, "folding")


def test_the_snapshot_names_no_provider_that_the_client_does_not_know() -> None:
    named = {name for models in snapshot().values() for facts in models for name in facts.providers}
    assert named <= providers.of_client().keys()
