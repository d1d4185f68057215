"""Which models could do a task here: the user's own, those on this disk, and others while the Hub is in reach."""

from collections.abc import Mapping
from pathlib import Path

from tools import hub, own
from tools.backends.base import Candidate
from tools.backends.local import placement, reach
from tools.facts import Facts
from tools.models import DEFAULTS, Default

_FOR_CPU, _FOR_GPU = ("small", "base", "large"), ("large", "base", "small")
_LIBRARIES = {None, "transformers", "diffusers", "sentence-transformers", "sklearn"}
Verdict = tuple[Candidate, str | None]  # a model, and why it cannot be used here, or None


def candidates_for(task: str) -> list[Candidate]:
    """The models that could run here and now: the user's own, then those on this disk, then those to download."""
    return [candidate for candidate, reason in explained_for(task) if reason is None]


def explained_for(task: str) -> list[Verdict]:
    """Every model known for the task with its verdict, in the order in which they would be tried."""
    order = _FOR_CPU if placement.device() == "cpu" else _FOR_GPU
    facts = {each.model: each for each in hub.known(task)}
    rows = [_own(each, task) for each in own.configured(task) if each.where != "url"]
    mine = {candidate.model for candidate, _ in rows}
    defaults = sorted(DEFAULTS.get(task, ()), key=lambda each: order.index(each.size))
    rows += [_default(each, task, facts.get(each.model)) for each in defaults if each.model not in mine]
    listed = mine | {each.model for each in defaults}
    rows += [_known(each) for each in facts.values() if each.model not in listed]
    return sorted(rows, key=lambda row: row[0].model not in mine and not reach.cached(row[0].model))


def parts_of(task: str, model: str) -> Mapping[str, str]:
    """The further models that a model needs for the task: its own row's, else those of the task's defaults."""
    rows = DEFAULTS.get(task, ())
    row = next((each for each in rows if each.model == model), None)
    return row.parts if row else next((each.parts for each in rows if each.parts), {})


def _verdict(candidate: Candidate) -> Verdict:
    if candidate.parameters and not placement.may_fit(candidate.parameters):
        return candidate, "too large for the memory that models may take here"
    reason = _unreachable(candidate.model, gated=candidate.gated)
    if reason or Path(candidate.model).is_dir():  # parts of a folder lie in it
        return candidate, reason
    parts = parts_of(candidate.task, candidate.model).values()
    return candidate, next((f"needs {part}, which is {why}" for part in parts if (why := _unreachable(part))), None)


def _unreachable(model: str, *, gated: bool = False) -> str | None:
    if reach.cached(model):
        return None
    if gated and not reach.has_token():
        return "gated: accept its terms on the Hub and set HF_TOKEN"
    return None if reach.may_download() else "not on this machine, and the Hub is out of reach or downloads are off"


def _own(each: own.Own, task: str) -> Verdict:
    return _verdict(
        Candidate(
            model=str(Path(each.model).expanduser()) if each.where == "folder" else each.model,
            task=task,
            backend="local",
            revision=each.revision,
            description=each.description,
            licence=each.licence,
            parameters=each.parameters,
            languages=each.languages,
            device=placement.device(),
        )
    )


def _default(each: Default, task: str, facts: Facts | None) -> Verdict:
    return _verdict(
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


def _known(facts: Facts) -> Verdict:
    shared = {"model", "task", "downloads", "likes", "licence", "parameters", "languages", "aspects", "gated"}
    candidate = Candidate(backend="local", device=placement.device(), **facts.model_dump(include=shared))
    if not facts.safetensors:
        return candidate, "has only pickled weights, which can run code when read"
    if facts.remote_code:
        return candidate, "needs code from its own repository, which is never run"
    if facts.library not in _LIBRARIES:
        return candidate, f"made for {facts.library}, not for transformers or diffusers"
    return _verdict(candidate)
