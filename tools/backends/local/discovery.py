"""Which models could do a task here: the user's own, those on this disk, and others while the Hub is in reach."""

from collections.abc import Mapping
from pathlib import Path

from tools import hub, own
from tools.backends.base import Candidate
from tools.backends.local import placement, reach
from tools.facts import Facts
from tools.models import DEFAULTS, Default

_FOR_CPU, _FOR_GPU = ("small", "base", "large"), ("large", "base", "small")


def candidates_for(task: str) -> list[Candidate]:
    """Best first: the user's own, then what is on this machine, then what can be downloaded and fits."""
    order = _FOR_CPU if placement.device() == "cpu" else _FOR_GPU
    defaults = sorted(DEFAULTS.get(task, ()), key=lambda each: order.index(each.size))
    mine = [_own(each, task) for each in own.configured(task) if each.where != "url"]
    others = [_default(each, task) for each in defaults]
    others += [_known(facts) for facts in hub.known(task) if facts.safetensors and not facts.remote_code]
    unique = {each.model: each for each in reversed([*mine, *others])}
    found = [each for each in reversed(unique.values()) if _usable(each) and _parts_usable(task, each.model)]
    return sorted(found, key=lambda each: not (each in mine or reach.cached(each.model)))


def parts_of(task: str, model: str) -> Mapping[str, str]:
    """The further models that a model needs for the task: its own row's, else those of the task's defaults."""
    rows = DEFAULTS.get(task, ())
    row = next((each for each in rows if each.model == model), None)
    return row.parts if row else next((each.parts for each in rows if each.parts), {})


def _usable(candidate: Candidate) -> bool:
    """Whether it is here, or can be fetched; and whether it fits, as far as its size is known."""
    fits = not candidate.parameters or placement.may_fit(candidate.parameters)
    return fits and (reach.cached(candidate.model) or (reach.may_download() and not candidate.gated))


def _parts_usable(task: str, model: str) -> bool:
    if Path(model).is_dir():
        return True  # parts of a folder lie in it, or the call says which is missing
    return all(reach.cached(part) or reach.may_download() for part in parts_of(task, model).values())


def _own(each: own.Own, task: str) -> Candidate:
    return Candidate(
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


def _default(each: Default, task: str) -> Candidate:
    facts = next((facts for facts in hub.known(task) if facts.model == each.model), None)
    return Candidate(
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


def _known(facts: Facts) -> Candidate:
    return Candidate(
        backend="local",
        device=placement.device(),
        **facts.model_dump(
            include={"model", "task", "downloads", "likes", "licence", "parameters", "languages", "gated"}
        ),
    )
