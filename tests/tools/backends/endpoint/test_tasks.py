"""Every task type, by the real client, at endpoints of one's own and at providers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from tests.support.hub import Hub
from tests.support.hub_answers import MP4, PNG, RED, WAV
from tests.tools.backends.endpoint.calls import TOKEN, ask, complete, inputs
from tools import TOOLS
from tools.backends.endpoint import Endpoint
from tools.backends.endpoint.routes import ROUTES
from tools.files.resources import modality
from tools.protocol import Call, Output, Video
from tools.tasks import TASKS


@pytest.mark.parametrize("task", ROUTES)
async def test_every_task_type_runs_on_an_endpoint_of_ones_own(
    task: str, remote: Hub, config: Callable[..., None], tmp_path: Path
) -> None:
    url = f"{remote.url}/task/{task}"
    config(f'task = "{task}"\nmodel = "{url}"')
    backend = Endpoint()
    assert url in [c.model for c in backend.candidates(TASKS[task])]
    assert complete(task, await ask(backend, task, url, tmp_path))
    assert [request.key for request in remote.requests] == [None]


@pytest.mark.parametrize("task", ROUTES)
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


@pytest.mark.parametrize("task", ROUTES)
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


@pytest.mark.slow
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
