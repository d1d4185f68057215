"""What is installed, configured and reachable, and what each missing thing would enable."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from uuid import uuid4

import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text
from upath import UPath

from app.controllers import SERVERS, local_servers
from tools.backends import ray
from tools.errors import ModelError
from tools.extras import entries
from tools.extras.entry import Entry
from tools.extras.reach import objection
from tools.files.places import is_remote
from tools.install import command
from tools.models.catalog import candidates
from tools.settings import settings
from tools.tasks import TASKS

if TYPE_CHECKING:
    from tools.backends.ray.cluster import Replicas

PATIENCE = 2.5  # seconds to wait for a server
HUB = os.environ.get("HF_ENDPOINT", "https://huggingface.co")


class Finding(NamedTuple):
    """One thing looked at. ``advice`` says what having it would enable and how to get it."""

    what: str
    state: Literal["ok", "missing", "failing"]
    detail: str
    advice: str = ""


PACKAGES = {
    "rapidocr": ("reads printed text in images", "embedded"),
    "cv2": ("draws edges and lines of images", "embedded"),
    "skimage": ("finds faces", "embedded"),
    "vaderSentiment": ("tells the tone of a text", "embedded"),
    "langdetect": ("tells the language of a text", "embedded"),
    "av": ("reads and writes audio and video", "embedded"),
    "espeakng_loader": ("speaks text", "speech"),
    "torch": ("runs any model of the Hub in this process", "local"),
    "transformers": ("text, vision and audio models in this process", "local"),
    "diffusers": ("makes images and video in this process", "local"),
    "ray": ("local models on a cluster of machines (HUGGINGGPT_RAY)", "ray"),
    "mcp": ("tools of MCP servers", "tools"),
    "gradio_client": ("Spaces and Gradio apps as tools", "tools"),
    "langgraph_api": ("`make serve`: the LangGraph server and Studio", "studio"),
}


def examine() -> list[Finding]:
    """Look at everything; bounded by a few seconds."""
    with ThreadPoolExecutor() as pool:
        remote = [pool.submit(_reach, *place) for place in _places()]
        added = [pool.submit(_added, entry) for entry in {entry.source: entry for entry in entries().values()}.values()]
        local = [_python(), _tasks(), _folder(), *_packages(), *_keys(), _accelerator(), *_cluster()]
        return local + _servers() + [answer.result() for answer in remote + added]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "Python", "ok" if sys.version_info >= (3, 11) else "failing", version, "Python 3.11 or newer is needed."
    )


def _tasks() -> Finding:
    count = sum(bool(candidates(task)) for task in TASKS.values())
    detail = f"{count} of {len(TASKS)} run here"
    return Finding("task types", "ok" if count else "failing", detail, "`hugginggpt tasks` says what each one lacks.")


def _folder() -> Finding:
    if is_remote(settings().out):
        return _storage(settings().out)
    folder = Path(str(settings().out)).absolute()
    nearest = next(parent for parent in [folder, *folder.parents] if parent.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return Finding("results", "ok", str(folder))
    return Finding("results", "failing", f"{folder} cannot be written", "Set HUGGINGGPT_OUT or give --out.")


def _storage(place: UPath) -> Finding:
    probe = place / f".probe-{uuid4().hex}"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except Exception as error:  # noqa: BLE001 - each storage has its own
        return Finding("results", "failing", f"{place} cannot be written: {error}", "Set HUGGINGGPT_OUT.")
    return Finding("results", "ok", str(place))


def _packages() -> list[Finding]:
    return [
        Finding(gives, "ok", name) if find_spec(name) else Finding(gives, "missing", name, command(extra))
        for name, (gives, extra) in PACKAGES.items()
    ]


def _keys() -> list[Finding]:
    keys = {
        "HF_TOKEN": "models on Hugging Face's inference providers, and gated models",
        "OPENAI_API_KEY": "an OpenAI model as controller",
        "LANGSMITH_API_KEY": "traces of every run in LangSmith",
    }
    return [
        Finding(
            gives,
            "ok" if os.environ.get(name) else "missing",
            f"{name} is set; whether it is accepted shows when it is used" if os.environ.get(name) else name,
            "" if os.environ.get(name) else f"export {name}=...",
        )
        for name, gives in keys.items()
    ]


def _accelerator() -> Finding:
    gives = "large models in reasonable time"
    if not find_spec("torch"):
        return Finding("accelerator", "missing", gives, f"Needs torch first: {command('local')}")
    import torch

    if torch.cuda.is_available():
        return Finding("accelerator", "ok", torch.cuda.get_device_name(0))
    if torch.backends.mps.is_available():
        return Finding("accelerator", "ok", "Apple GPU")
    return Finding("accelerator", "missing", gives, "There is no GPU that torch can use; models run on the CPU.")


def _cluster() -> list[Finding]:
    """The nodes of the Ray cluster, where one is set, and what its replicas have in memory."""
    if not settings().ray:
        return []
    if not ray.installed():
        return [Finding("Ray cluster", "missing", "runs models on more than one machine", command("ray"))]
    try:
        cluster = ray.joined()
    except ModelError as error:
        return [Finding("Ray cluster", "failing", str(error), "`ray start --head` starts one on this machine.")]
    nodes = [Finding(f"Ray node {node.name}", "ok", node.summary) for node in cluster.nodes()]
    return nodes + [Finding(f"Ray replicas {replicas.size}", "ok", _held(replicas)) for replicas in cluster.replicas()]


def _held(replicas: "Replicas") -> str:
    """Such as ``2 running: dslim/bert-base-NER; facebook/detr-resnet-50, google-bert/bert-base-uncased``."""
    models = [", ".join(model.model for model in held) or "no model" for held in replicas.loaded]
    return f"{len(models)} running: {'; '.join(models)}" if models else "none running; they start with the next call"


def _places() -> list[tuple[str, str, str]]:
    places = [("Hugging Face Hub", HUB, "live facts about models, and their weights")]
    if base := settings().base_url:
        places.insert(0, ("controller", base, "the language model that plans and answers"))
    return places


def _servers() -> list[Finding]:
    """Language models of this machine, which are offered and never used unasked."""
    running = [
        Finding(f"{server.name} on this machine", "ok", f"use it with {server.options}") for server in local_servers()
    ]
    names = ", ".join(SERVERS)
    return running or [Finding("a language model on this machine", "missing", f"none of {names} answers")]


def _reach(what: str, url: str, gives: str) -> Finding:
    try:
        response = httpx.get(url, timeout=PATIENCE, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return Finding(what, "missing", f"{url} does not answer", f"It would give {gives}")
    if response.status_code >= 400:
        return Finding(what, "failing", f"{url} answers {response.status_code}", f"It would give {gives}")
    return Finding(what, "ok", f"{url} answers")


def _added(entry: Entry) -> Finding:
    """One source of added tools, by the first of them."""
    names = ", ".join(name for name, added in entries().items() if added.source == entry.source)
    if reason := objection(entry, PATIENCE):
        return Finding(f"tool {entry.source}", "failing", reason, f"It would give {names}; `hugginggpt tools list`")
    return Finding(f"tool {entry.source}", "ok", names)


def print_findings(findings: list[Finding]) -> None:
    """A line per finding, with advice below where something is missing."""
    marks = {"ok": Text("✓", style="green"), "missing": Text("·", style="yellow"), "failing": Text("✗", style="red")}
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        detail = Text(finding.detail)
        if finding.state != "ok" and finding.advice:
            detail.append(f"\n→ {finding.advice}", style="dim")
        table.add_row(marks[finding.state], Text(finding.what, style="bold"), detail)
    Console(highlight=False).print(table)
