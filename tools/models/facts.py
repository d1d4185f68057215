"""Facts about models of the Hub: asked of it, or read from the dated snapshot beside this file."""

import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, field_validator

from tools.models import specialities

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

SNAPSHOT = Path(__file__).with_name("snapshot.json")
PER_TASK = 40  # models asked for, most downloaded first
_EXPAND: list[Any] = [
    *("downloads", "likes", "safetensors", "cardData", "gated"),
    *("tags", "sha", "library_name", "config", "mask_token"),
]


class Facts(BaseModel):
    """What the Hub says of a model. ``task`` is its pipeline tag; ``downloads`` are those of the last 30 days.

    ``providers`` are the inference providers that serve it now, each with the task that it serves it for, as far as
    known; ``as_of`` is the day of the facts, and ``approximate`` ones were written down by hand.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    task: str
    revision: str | None = None
    downloads: int | None = None
    likes: int | None = None
    licence: str | None = None
    languages: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    mask_token: str | None = None
    parameters: int | None = None
    gated: bool = False
    library: str | None = None
    architectures: tuple[str, ...] = ()
    safetensors: bool = True
    remote_code: bool = False
    providers: dict[str, str | None] = {}
    as_of: date
    approximate: bool = False

    @field_validator("providers", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """A list names providers alone."""
        return dict.fromkeys(value) if isinstance(value, list | tuple) else value


@cache
def snapshot() -> dict[str, tuple[Facts, ...]]:
    """The models that ship with this file, by pipeline tag. A row without a day of its own is of the file's."""
    kept = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    models: dict[str, list[Facts]] = {}
    for entry in kept["models"]:
        aspects = specialities.of(entry["model"], entry["task"])
        facts = Facts.model_validate({"as_of": kept["as_of"], "approximate": True} | entry | {"aspects": aspects})
        models.setdefault(facts.task, []).append(facts)
    return {tag: tuple(sorted(rows, key=_by_downloads)) for tag, rows in models.items()}


def recorded(model: str) -> Facts:
    """What ships with this file of a model, whatever tag it is under. Raises KeyError for one that is not there."""
    return _by_model()[model]


@cache
def _by_model() -> dict[str, Facts]:
    return {facts.model: facts for rows in snapshot().values() for facts in rows}


def ask_hub(tag: str) -> list[Facts]:
    """The most downloaded models of a pipeline tag, and the most downloaded ones that a provider serves."""
    from huggingface_hub import HfApi  # half a second, and only where the Hub is asked

    api, models = HfApi(), dict[str, Facts]()
    for served in (None, "all"):
        expand = [*_EXPAND, "inferenceProviderMapping"] if served else _EXPAND
        listed = api.list_models(
            pipeline_tag=tag,
            sort="downloads",
            limit=PER_TASK,
            expand=expand,
            inference_provider=served,
        )
        models |= {info.id: _facts(info, tag) for info in listed}
    return sorted(models.values(), key=_by_downloads)


def ask_about(model: str, tag: str) -> Facts:
    """What the Hub says of one model. Raises what the Hub's client raises."""
    from huggingface_hub import HfApi

    return _facts(HfApi().model_info(model, expand=[*_EXPAND, "inferenceProviderMapping"]), tag)


def _facts(info: "ModelInfo", tag: str) -> Facts:
    tags, card = info.tags or [], info.card_data
    return Facts(
        model=info.id,
        task=tag,
        revision=info.sha,
        downloads=info.downloads,
        likes=info.likes,
        licence=next((name.removeprefix("license:") for name in tags if name.startswith("license:")), None),
        languages=_languages(card.get("language") if card else None),
        aspects=specialities.of(info.id, tag),
        mask_token=info.mask_token,
        parameters=info.safetensors.total if info.safetensors else None,
        gated=bool(info.gated),
        library=info.library_name,
        architectures=tuple((info.config or {}).get("architectures") or ()),
        safetensors="safetensors" in tags or info.safetensors is not None,
        remote_code="custom_code" in tags,
        providers={m.provider: m.task for m in info.inference_provider_mapping or [] if m.status == "live"},
        as_of=datetime.now(UTC).date(),
    )


def _languages(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def _by_downloads(facts: Facts) -> int:
    return -(facts.downloads or 0)
