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
from tools.models import hub, own
from tools.models.defaults import DEFAULTS, Default
from tools.models.facts import Facts
from tools.protocol import Candidate
from tools.settings import Settings, settings
from tools.tasks import TASKS

_FRESH = 30.0  # seconds for which a look at the disk counts
_FOR_CPU, _FOR_GPU = ("small", "base", "large"), ("large", "base", "small")
_LIBRARIES = {None, "transformers", "diffusers", "sentence-transformers", "sklearn"}
_OWN_NAMES = ("-control", "-text-to-image", "image-editing", "conversational")  # no pipeline tags of the Hub
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
        if self._settings is not settings():
            self._look()
        elif time.monotonic() - self._seen > _FRESH:
            self._seen = time.monotonic()
            threading.Thread(target=self._look, name="model-survey", daemon=True).start()
        return self._rows.get(task, [])

    def _look(self) -> None:
        current = settings()
        rows = {task: _rows(task) for task in TASKS}
        with self._lock:
            self._rows, self._settings, self._seen = rows, current, time.monotonic()


def parts_of(task: str, model: str) -> Mapping[str, str]:
    """The further models that a model needs for the task: its own row's, else those of the task's defaults."""
    rows = DEFAULTS.get(task, ())
    row = next((each for each in rows if each.model == model), None)
    return row.parts if row else next((each.parts for each in rows if each.parts), {})


def _rows(task: str) -> list[Row]:
    order = _FOR_CPU if placement.device() == "cpu" else _FOR_GPU
    facts = {} if task != "text-to-image" and task.endswith(_OWN_NAMES) else {f.model: f for f in hub.known(task)}
    mine = [each for each in own.configured(task) if each.where != "url"]
    first, last = ([_own(each, task) for each in mine if each.prefer is wanted] for wanted in (True, False))
    defaults = sorted(DEFAULTS.get(task, ()), key=lambda each: order.index(each.size))
    others = [_default(each, task, facts.get(each.model)) for each in defaults]
    others += [_known(each) for each in facts.values() if each.model not in {row.candidate.model for row in others}]
    named = {row.candidate.model for row in first + last}
    others = [row for row in others if row.candidate.model not in named] + last
    return first + sorted(others, key=lambda row: not row.here)


def _row(candidate: Candidate, objection: str | None = None) -> Row:
    if objection is None and candidate.parameters and not placement.may_fit(candidate.parameters):
        objection = "too large for the memory that models may take here"
    here = reach.cached(candidate.model)
    if here and candidate.revision is None:
        candidate = candidate.model_copy(update={"revision": reach.commit(candidate.model)})
    if objection is None and candidate.gated and not here and not reach.has_token():
        objection = "gated: accept its terms on the Hub and set HF_TOKEN"
    beside = Path(candidate.model).is_dir()  # the parts of a folder lie in it
    parts = () if beside else parts_of(candidate.task, candidate.model).values()
    return Row(candidate, here and all(reach.cached(part) for part in parts), objection)


def _own(each: own.Own, task: str) -> Row:
    folder = each.where == "folder"
    candidate = Candidate(
        model=str(Path(each.model).expanduser()) if folder else each.model,
        task=task,
        backend="local",
        revision=each.revision,
        description=each.description,
        licence=each.licence,
        parameters=each.parameters,
        languages=each.languages,
        aspects=each.aspects,
        device=placement.device(),
    )
    missing = folder and not Path(candidate.model).is_dir()
    return _row(candidate, "there is no such folder" if missing else None)


def _default(each: Default, task: str, facts: Facts | None) -> Row:
    return _row(
        Candidate(
            model=each.model,
            task=task,
            backend="local",
            revision=each.revision,
            description=each.description,
            licence=each.licence,
            downloads=facts and facts.downloads,
            likes=facts and facts.likes,
            parameters=each.millions * 1_000_000,
            languages=each.languages,
            aspects=each.aspects,
            gated=bool(facts and facts.gated),
            device=placement.device(),
        )
    )


def _known(facts: Facts) -> Row:
    shared = {"model", "task", "downloads", "likes", "licence", "parameters", "languages", "aspects", "gated"}
    candidate = Candidate(backend="local", device=placement.device(), **facts.model_dump(include=shared))
    if not facts.safetensors:
        return _row(candidate, "has only pickled weights, which can run code when read")
    if facts.remote_code:
        return _row(candidate, "needs code from its own repository, which is never run")
    if facts.library not in _LIBRARIES:
        return _row(candidate, f"made for {facts.library}, not for transformers or diffusers")
    return _row(candidate)
