"""The user's own models, from one small TOML file: a Hub id, a folder (``./models/mine``) or an endpoint's URL.

[[models]]
task = "text-classification"            # or a list of task types
model = "https://abc.endpoints.huggingface.cloud"
token_env = "HF_TOKEN"                  # the variable whose value this URL may see; none is sent without it
parts = {base = "acme/sdxl-finetune"}   # further models that it works with: the base of a ControlNet, a detector
licence = "mit"                         # and description, revision, languages, parameters: what is known of it
prefer = true                           # before all others; else it ranks by downloads, like any model
"""

import difflib
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tools.errors import ConfigError
from tools.settings import settings
from tools.tasks import TASKS

Where = Literal["hub", "folder", "url"]


class Own(BaseModel):
    """One entry of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    model: str = Field(min_length=1)
    task: tuple[str, ...] = Field(min_length=1)
    description: str = ""
    licence: str | None = None
    revision: str | None = None
    languages: tuple[str, ...] = ()
    parameters: int | None = None
    aspects: tuple[str, ...] = ()
    parts: dict[str, str] = {}
    provider: str | None = None
    token_env: str | None = None
    name: str | None = None
    prefer: bool = False

    @field_validator("task", mode="before")
    @classmethod
    def _known_tasks(cls, value: object) -> object:
        names = [value] if isinstance(value, str) else value
        for name in names if isinstance(names, list) else []:
            if name not in TASKS:
                near = difflib.get_close_matches(str(name), TASKS, 1)
                raise ValueError(f"unknown task type {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
        return names

    @field_validator("model")
    @classmethod
    def _no_secrets(cls, value: str) -> str:
        """An address is shown to users and written into results, so a key has no place in it."""
        parts = urlsplit(value)
        if parts.scheme in {"http", "https"} and (parts.username or parts.password or parts.query):
            raise ValueError("leave keys out of the address, and name the variable that holds the key as token_env")
        return value

    @property
    def where(self) -> Where:
        """Where it lives: behind a URL, in a folder of this machine, or on the Hub."""
        if self.model.startswith(("http://", "https://")):
            return "url"
        return "folder" if self.model.startswith((".", "/", "~")) else "hub"

    @property
    def key(self) -> str | None:
        """The secret that its URL may see, from the variable the entry names."""
        return os.environ.get(self.token_env) or None if self.token_env else None

    @property
    def lacks(self) -> str | None:
        """Why it cannot be called now, or None."""
        return f"the variable {self.token_env} is not set" if self.token_env and not self.key else None


def configured(task: str) -> list[Own]:
    """The user's models for the task type, in the order of the file. Raises ConfigError for a file that is wrong."""
    return [own for own in _load(settings().models) if task in own.task]


@cache
def _load(path: Path) -> tuple[Own, ...]:
    """Read once a process: the file is the owner's, and the event loop must not wait for a disk."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("models", [])
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}.") from error
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: write each model as a table [[models]], with two pairs of brackets.")
    return tuple(_entry(path, number, entry) for number, entry in enumerate(entries, 1))


def _entry(path: Path, number: int, entry: dict[str, Any]) -> Own:
    try:
        return Own.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}, model {number}: {field}: {first['msg'].removeprefix('Value error, ')}.") from error
