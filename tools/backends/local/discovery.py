"""Which models could do a task here: the user's own, those on this disk, and others while the Hub is in reach.

The disk is looked at when this process starts and, later, in the background: an event loop never waits for it.
"""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.backends.local import placement, reach
from tools.errors import ConfigError
from tools.models import hub, own, specialities
from tools.models.defaults import DEFAULTS, Default
from tools.models.facts import Facts
from tools.protocol import Candidate
from tools.settings import Settings, process_settings
from tools.tasks import TASKS

_FRESH = 30.0  # seconds for which a look at the disk counts
_FOR_CPU, _FOR_GPU = ("small", "base", "large"), ("large", "base", "small")
_LIBRARIES = {None, "transformers", "diffusers", "sentence-transformers", "sklearn"}
_OWN_NAMES = ("-control", "-text-to-image", "image-editing", "conversational")  # no pipeline tags of the Hub
TOO_LARGE = "too large for the memory that models may take here"
_AWAY = "not on this machine, and the Hub is out of reach or downloads are off"


@dataclass(frozen=True)
class Row:
    """A model known for a task: whether it and its parts are on this disk, and what else stands against it."""

    candidate: Candidate
    here: bool
    objection: str | None

    @property
    def reason(self) -> str | None:
        """Why it cannot be used now, or None."""
        return self.objection or (None if self.here or reach.may_download() else _AWAY)


class Survey:
    """The models known for every task: those the user prefers, those on this disk, those that can be downloaded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, list[Row]] = {}
        self._settings: Settings | None = None
        self._seen = 0.0
        with suppress(ConfigError):  # a wrong file of models is told to whoever asks for them
            self._look()

    def rows(self, task: str) -> list[Row]:
        """The models known for a task."""
        if self._settings is not process_settings():  # the process's: a visitor's differ in folders alone
            self._look()
        elif time.monotonic() - self._seen > _FRESH:
            self._seen = time.monotonic()
            threading.Thread(target=self._look, name="model-survey", daemon=True).start()
        return self._rows.get(task, [])

    def _look(self) -> None:
        current, disk = process_settings(), reach.Disk()
        rows = {task: _rows(task, disk) for task in TASKS}
        with self._lock:
            self._rows, self._settings, self._seen = rows, current, time.monotonic()


def parts_of(task: str, model: str) -> Mapping[str, str]:
    """The further models that were named for a model: by the owner, or beside the default that it is."""
    defaults: list[own.Own | Default] = [entry for entry in DEFAULTS.get(task, ()) if entry.model == model]
    with suppress(ConfigError):
        defaults += [entry for entry in own.configured(task) if _path(entry) == model]
    return {name: part for entry in defaults for name, part in entry.parts.items()}


def _rows(task: str, disk: reach.Disk) -> list[Row]:
    order = _FOR_CPU if placement.device() == "cpu" else _FOR_GPU
    facts = {} if task != "text-to-image" and task.endswith(_OWN_NAMES) else {f.model: f for f in hub.known(task)}
    configured = [entry for entry in own.configured(task) if entry.where != "url"]
    first, last = (
        [_own(entry, task, disk) for entry in configured if entry.prefer is wanted] for wanted in (True, False)
    )
    defaults = sorted(DEFAULTS.get(task, ()), key=lambda default: order.index(default.size))
    others = [_default(default, facts.get(default.model), disk) for default in defaults]
    others += [
        _known(about, disk) for about in facts.values() if about.model not in {row.candidate.model for row in others}
    ]
    named = {row.candidate.model for row in first + last}
    others = [row for row in others if row.candidate.model not in named] + last
    return first + sorted(others, key=lambda row: not row.here)


def _row(candidate: Candidate, disk: reach.Disk, objection: str | None = None) -> Row:
    if objection is None and candidate.parameters and not placement.may_fit(candidate.parameters):
        objection = TOO_LARGE
    here = disk.holds(candidate.model)
    if here and candidate.revision is None:
        candidate = candidate.model_copy(update={"revision": disk.commit(candidate.model)})
    if objection is None and candidate.gated and not here and not reach.has_token():
        objection = "gated: accept its terms on the Hub and set HF_TOKEN"
    beside = Path(candidate.model).is_dir()  # the parts of a folder lie in it
    parts = () if beside else parts_of(candidate.task, candidate.model).values()
    return Row(candidate, here and all(disk.holds(part) for part in parts), objection)


def _path(entry: own.Own) -> str:
    return str(Path(entry.model).expanduser()) if entry.where == "folder" else entry.model


def _own(entry: own.Own, task: str, disk: reach.Disk) -> Row:
    candidate = Candidate(
        model=_path(entry),
        task=task,
        backend="local",
        revision=entry.revision,
        description=entry.description,
        licence=entry.licence,
        parameters=entry.parameters,
        languages=entry.languages,
        aspects=entry.aspects,
        device=placement.device(),
    )
    missing = entry.where == "folder" and not Path(candidate.model).is_dir()
    return _row(candidate, disk, "there is no such folder" if missing else None)


def _default(default: Default, live: Facts | None, disk: reach.Disk) -> Row:
    """A default with what the Hub says of it now; its size with all of its parts is what was recorded."""
    facts = live or default.facts
    candidate = Candidate(
        model=default.model,
        task=default.task,
        backend="local",
        revision=default.revision,
        description=default.description,
        licence=facts.licence or default.facts.licence,
        downloads=facts.downloads,
        likes=facts.likes,
        parameters=default.facts.parameters,
        languages=_spoken(facts.languages or default.facts.languages),
        aspects=specialities.of(default.model, default.task),
        gated=facts.gated,
        device=placement.device(),
    )
    return _row(candidate, disk)


def _spoken(languages: tuple[str, ...]) -> tuple[str, ...]:
    """Languages as a filter: those of a model of many are not all told."""
    return () if "multilingual" in languages else languages


def _known(facts: Facts, disk: reach.Disk) -> Row:
    shared = {"model", "task", "downloads", "likes", "licence", "parameters", "languages", "aspects", "gated"}
    candidate = Candidate(backend="local", device=placement.device(), **facts.model_dump(include=shared))
    if not facts.safetensors:
        return _row(candidate, disk, "has only pickled weights, which can run code when read")
    if facts.remote_code:
        return _row(candidate, disk, "needs code from its own repository, which is never run")
    if facts.library not in _LIBRARIES:
        return _row(candidate, disk, f"made for {facts.library}, not for transformers or diffusers")
    return _row(candidate, disk)
