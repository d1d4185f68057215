"""The endpoint backend: concurrency, keys, and what it offers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.hub import Hub
from tests.tools.backends.endpoint.calls import ask
from tools.backends.endpoint import Endpoint
from tools.backends.endpoint.routes import ROUTES
from tools.errors import ModelUnavailable
from tools.settings import process_settings
from tools.tasks import TASKS


async def test_calls_at_the_same_time_are_independent(remote: Hub, tmp_path: Path) -> None:
    backend = Endpoint()
    texts = [f"text {'x' * n} Berlin" for n in range(24)]
    calls = [ask(backend, "summarization", "acme/summarization", tmp_path, text=text) for text in texts]
    calls += [ask(backend, "object-detection", "acme/object-detection", tmp_path) for _ in range(8)]
    outputs = await asyncio.gather(*calls)
    assert [output.text for output in outputs[:24]] == [text[:12].strip() for text in texts]
    assert {output.text for output in outputs[24:]} == {"1 object: 1 cat"}


@pytest.mark.slow
@pytest.mark.parametrize("task", ["text-to-video", "text-to-image", "summarization"])
async def test_the_event_loop_goes_on_while_a_provider_works(task: str, remote: Hub, tmp_path: Path) -> None:
    """The provider works until the loop has turned: one that is held up lets nobody go on."""
    remote.free.clear()
    backend = Endpoint()
    candidates = backend.candidates(TASKS[task])

    async def turn() -> None:
        for _ in range(10):
            await asyncio.sleep(0.01)
        remote.free.set()

    async with asyncio.timeout(60):
        await asyncio.gather(turn(), *(ask(backend, task, each.model, tmp_path) for each in candidates))


async def test_a_call_that_is_cancelled_ends_at_once(remote: Hub, tmp_path: Path) -> None:
    remote.free.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await ask(Endpoint(), "summarization", "acme/summarization", tmp_path)
    assert remote.inferred == 0
    remote.free.set()


async def test_a_url_sees_only_the_key_that_its_entry_names(
    remote: Hub, config: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ACME_KEY", "acme-secret")
    for task in ("text-classification", "depth-estimation", "conversational", "automatic-speech-recognition"):
        url = f"{remote.url}/task/{task}"
        config(f'task = "{task}"\nmodel = "{url}/"', f'task = "{task}"\nmodel = "{url}"\ntoken_env = "ACME_KEY"')
        backend = Endpoint()
        await ask(backend, task, f"{url}/", tmp_path)
        await ask(backend, task, url, tmp_path)
    assert [request.key for request in remote.requests] == [None, "acme-secret"] * 4


async def test_a_url_that_a_client_chose_is_never_called(remote: Hub, tmp_path: Path) -> None:
    url = f"{remote.url}/task/text-classification"
    with pytest.raises(ModelUnavailable):
        await ask(Endpoint(), "text-classification", url, tmp_path)
    assert remote.requests == []


async def test_a_chat_server_is_asked_for_its_own_model(
    remote: Hub, config: Callable[..., None], tmp_path: Path
) -> None:
    url = f"{remote.url}/task/conversational/v1"
    config(f'task = ["image-to-text", "translation"]\nmodel = "{url}"\nname = "llama3"')
    assert (await ask(Endpoint(), "image-to-text", url, tmp_path)).text is not None
    assert b'"model":"llama3"' in remote.requests[-1].body
    assert remote.requests[-1].path.endswith("/v1/chat/completions")


def test_without_a_token_and_an_endpoint_nothing_is_offered_and_it_says_what_to_set(
    config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    backend = Endpoint()
    for task in TASKS.values():
        assert not backend.candidates(task)
        assert "models.toml" in backend.missing(task) or task.name not in ROUTES
    assert "HF_TOKEN" in backend.missing(TASKS["summarization"])
    assert all(reason for _, reason in backend.explain(TASKS["summarization"]))


def test_an_exclusion_is_explained(remote: Hub, config: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    config('task = "text-to-image"\nmodel = "https://models.example.com/a"\ntoken_env = "MISSING"')
    reasons = {c.model: reason for c, reason in Endpoint().explain(TASKS["text-to-image"])}
    assert reasons["https://models.example.com/a"] == "the variable MISSING is not set"
    assert reasons["acme/picture"] is None
    nobody = {c.model: reason for c, reason in Endpoint().explain(TASKS["text-classification"])}
    assert nobody["acme/nobody"] == "no inference provider serves it"
    monkeypatch.setenv("HUGGINGGPT_PROVIDER", "fal-ai")
    process_settings.cache_clear()
    chosen = {c.model: reason for c, reason in Endpoint().explain(TASKS["text-to-image"])}
    assert chosen["acme/picture"] is None
    assert chosen["acme/text-to-image"] == "fal-ai does not serve it, but hf-inference does"


def test_ones_own_models_come_first_only_where_they_are_preferred(remote: Hub, config: Callable[..., None]) -> None:
    url = "https://models.example.com/a"
    config(f'task = "text-to-image"\nmodel = "{url}"')
    ranked = ["acme/picture", "acme/picked", "acme/second", "acme/text-to-image", url]
    assert [c.model for c in Endpoint().candidates(TASKS["text-to-image"])] == ranked
    config(f'task = "text-to-image"\nmodel = "{url}"\nprefer = true')
    assert Endpoint().candidates(TASKS["text-to-image"])[0].model == url
    assert Endpoint().candidates(TASKS["text-to-image"])[0].device == "models.example.com"
