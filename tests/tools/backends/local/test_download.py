"""Models come from the Hub by its real client; only the network under it is a stand-in that answers as the Hub does."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory

from graph.context import Context
from graph.state import Choice, Job, Plan, Task
from tests.support.execution import executor
from tools.backends.local import Local
from tools.backends.local.engine import Engine
from tools.backends.local.placement import Placement
from tools.backends.local.pool import Pool
from tools.errors import ModelUnavailable, OutOfMemory
from tools.protocol import Call, Candidate
from tools.registry import BACKENDS
from tools.settings import override, process_settings
from tools.tasks import TASKS, TaskType
from tools.toolbox import perform

SHA = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves folders as repositories, and remembers which files were taken."""

    def __init__(self, repositories: dict[str, Path]) -> None:
        self.repositories, self.taken, self.heads = repositories, list[str](), list[str]()
        self.before: Callable[[httpx.Request], None] = lambda _: None
        self.refuse: httpx.Response | None = None
        self.sizes: dict[str, int] = {}  # in bytes, of files that are said to be larger than they are

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        if self.refuse is not None:
            return self.refuse
        path = request.url.path.removeprefix("/api/models").strip("/")
        name = "/".join(path.split("/")[:2])
        if name not in self.repositories:
            return httpx.Response(404, headers={"X-Error-Code": "RepoNotFound"}, json={"error": "Repository not found"})
        folder = self.repositories[name]
        if "/tree/" in request.url.path:
            files = [file for file in folder.rglob("*") if file.is_file()]
            return httpx.Response(200, json=[_entry(folder, file) for file in files])
        if request.url.path.startswith("/api/models"):
            names = [str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()]
            files = [{"rfilename": each, "size": self.sizes.get(f"{name}/{each}", 1)} for each in names]
            return httpx.Response(200, json={"id": name, "sha": SHA, "siblings": files})
        return self._file(request, folder, path.partition(f"/resolve/{SHA}/")[2])

    def _file(self, request: httpx.Request, folder: Path, name: str) -> httpx.Response:
        content = (folder / name).read_bytes()
        tag = hashlib.sha256(content).hexdigest()
        headers = {"ETag": f'"{tag}"', "X-Repo-Commit": SHA, "Content-Length": str(len(content))}
        if request.method == "HEAD":
            return httpx.Response(200, headers=headers)
        (self.heads if "Range" in request.headers else self.taken).append(name)
        return httpx.Response(200, headers=headers, content=content)


def _entry(folder: Path, file: Path) -> dict[str, object]:
    path = str(file.relative_to(folder))
    return {"type": "file", "path": path, "size": file.stat().st_size, "oid": hashlib.sha256(path.encode()).hexdigest()}


@pytest.fixture
def hub(tiny_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub with one model, and an empty cache."""
    served = Hub({"acme/tiny": tiny_model("text-classification")})
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    set_client_factory(lambda: httpx.Client(transport=httpx.MockTransport(served), follow_redirects=True))
    override(download="auto")
    yield served
    set_client_factory(default_client_factory)
    process_settings.cache_clear()


@pytest.fixture
def fresh() -> Local:
    """A backend that has opened nothing yet."""
    return Local(Engine(Pool(lambda: 10**9)))


class Offering(Local):
    """Knows some models by name, as if the Hub's catalogue had told them; what runs them is the real thing."""

    def __init__(self, *models: str) -> None:
        super().__init__(Engine(Pool(lambda: 10**9)))
        self.models = models

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        return [Candidate(model=model, task=task.name, backend="local") for model in self.models]


async def test_a_model_is_downloaded_once_and_then_runs_from_the_cache(
    hub: Hub, fresh: Local, call: Callable[..., Call]
) -> None:
    request = call("text-classification", model="acme/tiny")
    assert (await fresh.run(request)).data
    taken = list(hub.taken)
    assert "model.safetensors" in taken
    override(download="never")
    assert (await Local(Engine(Pool(lambda: 10**9))).run(request)).data
    assert hub.taken == taken


async def test_loading_ahead_downloads_nothing(hub: Hub, fresh: Local, call: Callable[..., Call]) -> None:
    await fresh.warm(call("text-classification", model="acme/tiny").candidate)
    assert hub.taken == []
    assert fresh.loaded() == []


async def test_neither_code_nor_pickles_are_downloaded(
    hub: Hub, fresh: Local, call: Callable[..., Call], tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for file in hub.repositories["acme/tiny"].iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for name in ("modeling.py", "pytorch_model.bin", "model.fp16.safetensors", "tf_model.h5"):
        (folder / name).write_bytes(b"not wanted")
    hub.repositories["acme/mixed"] = folder
    assert (await fresh.run(call("text-classification", model="acme/mixed"))).data
    assert not {"modeling.py", "pytorch_model.bin", "model.fp16.safetensors", "tf_model.h5"} & set(hub.taken)


async def test_a_repository_of_pickles_is_refused_before_anything_is_downloaded(
    hub: Hub, fresh: Local, call: Callable[..., Call], tmp_path: Path
) -> None:
    folder = tmp_path / "pickles"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    hub.repositories["acme/pickles"] = folder
    with pytest.raises(ModelUnavailable, match="pickled weights can run code"):
        await fresh.run(call("text-classification", model="acme/pickles"))
    assert hub.taken == []


async def test_what_a_model_is_is_read_before_its_weights_are_downloaded(
    hub: Hub, fresh: Local, call: Callable[..., Call]
) -> None:
    with pytest.raises(ModelUnavailable, match="cannot do object-detection"):
        await fresh.run(call("object-detection", model="acme/tiny"))
    assert "config.json" in hub.taken
    assert "model.safetensors" not in hub.taken


async def test_a_model_that_cannot_fit_is_refused_by_the_heads_of_its_weights(
    hub: Hub, call: Callable[..., Call]
) -> None:
    small = Local(Engine(Pool(lambda: 1000)))
    with pytest.raises(OutOfMemory, match="acme/tiny needs"):
        await small.run(call("text-classification", model="acme/tiny"))
    assert hub.heads == ["model.safetensors"]
    assert "model.safetensors" not in hub.taken


async def test_a_download_keeps_no_model_waiting_that_is_here(
    hub: Hub, fresh: Local, call: Callable[..., Call]
) -> None:
    let_go, begun = threading.Event(), threading.Event()

    def stalled(request: httpx.Request) -> None:
        if request.method == "GET" and request.url.path.endswith(".safetensors") and "Range" not in request.headers:
            begun.set()
            let_go.wait(60)

    hub.before = stalled
    names = [f"acme/m{number}" for number in range(4)]
    hub.repositories |= dict.fromkeys(names, hub.repositories["acme/tiny"])
    downloads = [asyncio.create_task(fresh.run(call("text-classification", model=name))) for name in names]
    try:
        assert await asyncio.to_thread(begun.wait, 60)
        async with asyncio.timeout(60):
            assert (await fresh.run(call("text-ranking"))).data
        assert not any(download.done() for download in downloads)
    finally:
        let_go.set()
    assert all(output.data for output in await asyncio.gather(*downloads))


async def test_callers_who_want_the_same_model_wait_for_one_download(
    hub: Hub, fresh: Local, call: Callable[..., Call]
) -> None:
    await asyncio.gather(*(fresh.run(call("text-classification", model="acme/tiny")) for _ in range(5)))
    assert hub.taken.count("model.safetensors") == 1


async def test_half_precision_is_downloaded_where_that_is_what_is_loaded(
    hub: Hub, call: Callable[..., Call], tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    import diffusers
    import torch

    folder = tmp_path / "halves"
    pipe = diffusers.DiffusionPipeline.from_pretrained(tiny_model("text-to-image"))
    pipe.save_pretrained(folder)
    pipe.to(torch.float16).save_pretrained(folder, variant="fp16")
    hub.repositories["acme/halves"] = folder
    card = Local(Engine(Pool(lambda: 10**9), place=lambda: Placement("cpu", "bfloat16")))
    assert (await card.run(call("text-to-image", model="acme/halves"))).media
    weights = {name for name in hub.taken if name.endswith(".safetensors")}
    assert len(weights) == 3
    assert all(".fp16." in name for name in weights)


async def test_a_model_that_the_disk_has_no_room_for_is_not_begun(
    hub: Hub, fresh: Local, call: Callable[..., Call]
) -> None:
    hub.sizes["acme/tiny/model.safetensors"] = 2**60
    sentence = r"acme/tiny needs 1073741824\.0 GiB of disk, and [\d.]+ GiB are free in .*hub: .*HF_HOME"
    with pytest.raises(ModelUnavailable, match=sentence):
        await fresh.run(call("text-classification", model="acme/tiny"))
    assert "model.safetensors" not in hub.taken


async def test_an_interrupted_download_needs_room_for_the_rest_alone(
    hub: Hub, fresh: Local, call: Callable[..., Call], tmp_path: Path
) -> None:
    request = call("text-classification", model="acme/tiny")
    assert (await fresh.run(request)).data
    for weights in (tmp_path / "hub").rglob("model.safetensors"):
        weights.resolve().unlink()
        weights.unlink()
    hub.sizes["acme/tiny/config.json"] = 2**60
    hub.taken.clear()
    assert (await Local(Engine(Pool(lambda: 10**9))).run(request)).data
    assert hub.taken == ["model.safetensors"]


async def test_a_download_beyond_the_owners_limit_gives_way_to_the_next_model(
    hub: Hub, tiny_model: Callable[[str], Path], backends: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    BACKENDS["local"] = Offering("acme/huge", "acme/tiny")
    hub.repositories["acme/huge"] = tiny_model("text-classification")
    hub.sizes["acme/huge/model.safetensors"] = 3 * 2**30
    task = Task(task="text-classification", id=0, args={"text": "How lovely!"})
    choices = [Choice(model=model, backend="local") for model in ("acme/huge", "acme/tiny")]
    state = {"messages": [], "plan": Plan(tasks=[task]), "jobs": [Job(id=0, task=task.task, choices=choices)]}
    monkeypatch.setenv("HUGGINGGPT_MAX_DOWNLOAD", "1")
    process_settings.cache_clear()
    running = executor().astream(state, context=Context(cache=False), stream_mode="custom")
    seen = [event async for event in running]
    reasons = [event["reason"] for event in seen if event["event"] == "fallback"]
    assert reasons == [
        "acme/huge would be a download of 3.0 GiB, and HUGGINGGPT_MAX_DOWNLOAD allows 1: raise it, or choose a"
        " smaller model."
    ]
    assert seen[-1]["event"] == "finished"
    assert seen[-1]["model"] == "acme/tiny"


async def test_the_commit_that_was_loaded_is_recorded(hub: Hub, backends: None, tmp_path: Path) -> None:
    BACKENDS["local"] = Offering("acme/tiny")
    result = await perform(TASKS["text-classification"], {"text": "How lovely!"}, "acme/tiny", "local")
    assert result["revision"] == SHA
    task = Task(task="text-classification", id=0, args={"text": "How lovely!"})
    job = Job(id=0, task=task.task, choices=[Choice(model="acme/tiny", backend="local")])
    state = {"messages": [], "plan": Plan(tasks=[task]), "jobs": [job]}
    (done,) = (await executor().ainvoke(state, context=Context(cache=False)))["results"]
    assert done.choice.revision == SHA


async def test_a_model_that_is_not_on_the_hub_is_said_to_be_missing(
    hub: Hub, fresh: Local, call: Callable[..., Call]
) -> None:
    with pytest.raises(ModelUnavailable, match="There is no model acme/none on the Hub: check its name"):
        await fresh.run(call("text-classification", model="acme/none"))


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "GatedRepo", "acme/tiny is gated: accept its terms at .*/acme/tiny and set HF_TOKEN"),
        (404, "RevisionNotFound", "has no revision"),
        (500, "", "could not be downloaded"),
    ],
)
async def test_what_the_hub_refuses_is_told(
    status: int, code: str, words: str, hub: Hub, fresh: Local, call: Callable[..., Call]
) -> None:
    hub.refuse = httpx.Response(status, headers={"X-Error-Code": code} if code else {}, json={"error": "no"})
    with pytest.raises(ModelUnavailable, match=words):
        await fresh.run(call("text-classification", model="acme/tiny"))
    hub.refuse = None
    assert (await fresh.run(call("text-classification", model="acme/tiny"))).data
