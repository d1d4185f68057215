"""The endpoint backend: the real Hub client against a Hub, a router and endpoints on loopback."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blockbuster import blockbuster_ctx
from PIL import Image

from tests.hub import ANSWERS, MP4, PNG, RED, WAV, Hub, Model, serving
from tools import TOOLS
from tools import hub as catalogue
from tools.backends.base import Audio, Call, Candidate, Output, Video
from tools.backends.endpoint import Endpoint
from tools.errors import (
    BadOutput,
    HuggingGPTError,
    ModelError,
    ModelLoading,
    ModelTimeout,
    ModelUnavailable,
    OutOfMemory,
    PaymentRequired,
    RateLimited,
)
from tools.resources import modality
from tools.settings import settings
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Path]]:
    """The server, and a folder with what its Hub answers."""
    folder = tmp_path_factory.mktemp("cache")
    with serving(MODELS) as server:
        answers = catalogue.Hub(folder / "hub", 0)
        for tag in {model.tag for model in MODELS.values()}:
            answers.refresh(tag)
        yield server, folder


@pytest.fixture
def remote(server: tuple[Hub, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The server, with a token set and a catalogue as it stands after the Hub answered."""
    hub, folder = server
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HUGGINGGPT_CACHE_FOLDER", str(folder))
    monkeypatch.setenv("HUGGINGGPT_CATALOGUE_AGE", "0")
    settings.cache_clear()
    catalogue.hub.cache_clear()
    hub.requests.clear()
    hub.delay, hub.polls = 0, 0
    yield hub
    settings.cache_clear()
    catalogue.hub.cache_clear()


@pytest.fixture
def config(remote: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Writes the user's own models."""

    def write(*entries: str) -> None:
        path = tmp_path / f"{len(list(tmp_path.glob('*.toml')))}-models.toml"
        path.write_text("".join(f"[[models]]\n{entry}\n" for entry in entries))
        monkeypatch.setenv("HUGGINGGPT_MODELS", str(path))
        settings.cache_clear()

    yield write
    settings.cache_clear()


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


@pytest.mark.parametrize("task", TASKS)
async def test_every_task_type_runs_on_an_endpoint_of_ones_own(
    task: str, remote: Hub, config: Callable[..., None], tmp_path: Path
) -> None:
    url = f"{remote.url}/task/{task}"
    config(f'task = "{task}"\nmodel = "{url}"')
    backend = Endpoint()
    assert url in [c.model for c in backend.candidates(TASKS[task])]
    assert complete(task, await ask(backend, task, url, tmp_path))
    assert [request.key for request in remote.requests] == [None]


@pytest.mark.parametrize("task", TASKS)
async def test_every_task_type_that_a_provider_serves_runs_there(task: str, remote: Hub, tmp_path: Path) -> None:
    backend = Endpoint()
    offers = backend.candidates(TASKS[task])
    if not offers:
        assert "own" in backend.missing(TASKS[task]) or "models.toml" in backend.missing(TASKS[task])
        return
    for offer in offers:
        assert complete(task, await ask(backend, task, offer.model, tmp_path)), offer.model
    assert {request.host for request in remote.requests} <= {"huggingface.co", "router.huggingface.co", "v3.fal.media"}
    assert all(request.key in {TOKEN, None} for request in remote.requests)
    assert all(request.key is None for request in remote.requests if request.host == "v3.fal.media")


@pytest.mark.parametrize("task", TASKS)
async def test_every_tool_runs_on_an_endpoint(
    task: str, remote: Hub, config: Callable[..., None], tmp_path: Path
) -> None:
    url = f"{remote.url}/task/{task}"
    config(f'task = "{task}"\nmodel = "{url}"')
    files = {"image": "a.png", "audio": "a.wav", "video": "a.mp4", "table": "cities.csv"}
    for name, content in (("a.png", PNG), ("a.wav", WAV), ("a.mp4", MP4)):
        (tmp_path / name).write_bytes(content)
    args = inputs(task, tmp_path) | {slot.name: files[slot.name] for slot in TASKS[task].slots if slot.name in files}
    call = {"type": "tool_call", "id": "1", "name": task, "args": args | {"model": url, "backend": "endpoint"}}
    result = (await TOOLS[task].ainvoke(call)).artifact
    assert (result["model"], result["backend"]) == (url, "endpoint")
    made = {modality(file) for file in result["files"]}
    assert TASKS[task].outputs[0] == "text" or TASKS[task].outputs[0] in made
    assert result["text"]


@pytest.mark.parametrize("model", ["url", "provider"])
@pytest.mark.parametrize("task", ["summarization", "image-classification", "image-to-image", "conversational"])
async def test_nothing_blocks_the_event_loop(
    task: str, model: str, remote: Hub, config: Callable[..., None], tmp_path: Path
) -> None:
    url = f"{remote.url}/task/{task}"
    config(f'task = "{task}"\nmodel = "{url}"')
    backend = Endpoint()
    offers = backend.candidates(TASKS[task])
    chosen = next(offer for offer in offers if (offer.model == url) == (model == "url"))
    call = Call(TASKS[task], chosen, inputs(task, tmp_path))
    with blockbuster_ctx():  # what langgraph dev raises at
        backend.candidates(TASKS[task])
        await backend.run(call)


def test_most_task_types_are_served_by_providers(remote: Hub) -> None:
    backend = Endpoint()
    assert sum(bool(backend.candidates(task)) for task in TASKS.values()) >= 29


async def test_the_answers_carry_what_the_models_said(remote: Hub, tmp_path: Path) -> None:
    backend = Endpoint()

    async def answer(task: str, model: str, **more: object) -> Output:
        return await ask(backend, task, model, tmp_path, **more)

    classified = await answer("text-classification", "acme/text-classification")
    assert classified.data == [{"label": "POSITIVE", "score": 0.99}, {"label": "NEGATIVE", "score": 0.01}]
    assert (await answer("question-answering", "acme/question-answering")).text == "Berlin"
    boxed = await answer("object-detection", "acme/object-detection")
    assert boxed.text == "1 object: 1 cat"
    assert boxed.data[0]["box"] == {"xmin": 1, "ymin": 1, "xmax": 5, "ymax": 4}
    assert boxed.media[0] != RED
    assert (await answer("fill-mask", "acme/fill-mask", text="Paris is a [MASK]")).text == "Paris is a city"
    german = await answer("translation", "acme/text-generation", language="German")
    assert german.text is not None
    assert "into German" in german.text
    seen = await answer("visual-question-answering", "acme/image-text-to-text")
    assert seen.text == "You said: Where do I live?"
    film = await answer("text-to-video", "acme/text-to-video")
    assert isinstance(film.media[0], Video)
    assert len(film.media[0].frames) == 3


FAULTS: list[tuple[str, type[HuggingGPTError], str, float | None]] = [
    ("loading", ModelLoading, "still loading", 20),
    ("rate", RateLimited, "too often", 7),
    ("rate-by-date", RateLimited, "too often", 0),
    ("rate-silent", RateLimited, "too often", 5),
    ("rate-for-a-day", RateLimited, "too often", 60),
    ("payment", PaymentRequired, "credits", None),
    ("key", ModelUnavailable, "refused the key", None),
    ("gated", ModelUnavailable, "gated", None),
    ("missing", ModelUnavailable, "does not exist", None),
    ("gone", ModelUnavailable, "gone", None),
    ("bad-input", ModelError, "inputs must be a string", None),
    ("memory", OutOfMemory, "out of memory", None),
    ("broken", ModelError, "Internal error", 2),
    ("gateway", ModelTimeout, "in time", None),
    ("html", BadOutput, "not a result", None),
    ("empty", BadOutput, "not a result", None),
    ("null", BadOutput, "not a result", None),
    ("other-json", BadOutput, "not a result", None),
    ("other-list", BadOutput, "not a result", None),
    ("bytes", BadOutput, "not a result", None),
    ("slow", ModelTimeout, "in time", None),
    ("cut", ModelError, "broke off", 1),
]


@pytest.mark.parametrize(("fault", "kind", "says", "wait"), FAULTS, ids=[fault for fault, *_ in FAULTS])
@pytest.mark.parametrize("task", ["text-classification", "depth-estimation", "conversational", "text-to-image"])
async def test_whatever_goes_wrong_is_one_of_our_errors(
    task: str,
    fault: str,
    kind: type[HuggingGPTError],
    says: str,
    wait: float | None,
    remote: Hub,
    config: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HUGGINGGPT_ENDPOINT_TIMEOUT", "0.3" if fault == "slow" else "30")
    settings.cache_clear()
    url = f"{remote.url}/fault/{fault}"
    config(f'task = "{task}"\nmodel = "{url}"\ntoken_env = "HF_TOKEN"')
    with pytest.raises(kind) as caught:
        await ask(Endpoint(), task, url, tmp_path)
    assert says in str(caught.value)
    assert isinstance(caught.value, ModelError)
    assert caught.value.retry_after == wait
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_server_that_is_not_there_is_told(config: Callable[..., None], tmp_path: Path) -> None:
    config('task = "text-classification"\nmodel = "http://127.0.0.1:9/x"')
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await ask(Endpoint(), "text-classification", "http://127.0.0.1:9/x", tmp_path)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("acme/nobody", "not served by any"),
        ("acme/unknown", "does not exist"),
        ("acme/image-classification", "cannot be used for this"),
    ],
)
async def test_a_hub_model_that_cannot_do_it_is_told(model: str, says: str, remote: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=says):
        await ask(Endpoint(), "text-classification", model, tmp_path)


async def test_a_translator_for_one_pair_gives_no_other_language(remote: Hub, tmp_path: Path) -> None:
    german = await ask(Endpoint(), "translation", "acme/opus-mt-en-de", tmp_path, language="German")
    assert german.text == "<I live in Berlin>"
    with pytest.raises(ModelUnavailable, match="into de only"):
        await ask(Endpoint(), "translation", "acme/opus-mt-en-de", tmp_path, language="French")


async def test_calls_at_the_same_time_are_independent(remote: Hub, tmp_path: Path) -> None:
    backend = Endpoint()
    texts = [f"text {'x' * n} Berlin" for n in range(24)]
    calls = [ask(backend, "summarization", "acme/summarization", tmp_path, text=text) for text in texts]
    calls += [ask(backend, "object-detection", "acme/object-detection", tmp_path) for _ in range(8)]
    outputs = await asyncio.gather(*calls)
    assert [output.text for output in outputs[:24]] == [text[:12].strip() for text in texts]
    assert {output.text for output in outputs[24:]} == {"1 object: 1 cat"}


@pytest.mark.parametrize("task", ["text-to-video", "text-to-image", "summarization"])
async def test_the_event_loop_goes_on_while_a_provider_works(task: str, remote: Hub, tmp_path: Path) -> None:
    remote.delay = 0.3
    backend, ticks = Endpoint(), [time.perf_counter()]

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.01)
            ticks.append(time.perf_counter())

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*(ask(backend, task, c.model, tmp_path) for c in backend.candidates(TASKS[task])))
    ticking.cancel()
    assert max(b - a for a, b in itertools.pairwise(ticks)) < 0.25


async def test_a_call_that_is_cancelled_ends_at_once(remote: Hub, tmp_path: Path) -> None:
    remote.delay = 1.5
    start = time.perf_counter()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await ask(Endpoint(), "summarization", "acme/summarization", tmp_path)
    assert time.perf_counter() - start < 1


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
        assert "models.toml" in backend.missing(task)
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
    settings.cache_clear()
    chosen = {c.model: reason for c, reason in Endpoint().explain(TASKS["text-to-image"])}
    assert chosen["acme/picture"] is None
    assert chosen["acme/text-to-image"] == "fal-ai does not serve it, but hf-inference does"


def test_ones_own_models_come_first_only_where_they_are_preferred(remote: Hub, config: Callable[..., None]) -> None:
    url = "https://models.example.com/a"
    config(f'task = "text-to-image"\nmodel = "{url}"')
    assert [c.model for c in Endpoint().candidates(TASKS["text-to-image"])] == [
        "acme/picture",
        "acme/text-to-image",
        url,
    ]
    config(f'task = "text-to-image"\nmodel = "{url}"\nprefer = true')
    assert Endpoint().candidates(TASKS["text-to-image"])[0].model == url
    assert Endpoint().candidates(TASKS["text-to-image"])[0].device == "models.example.com"
