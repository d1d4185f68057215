"""Where an added tool lives and what opens it; secrets are named by their variables, and never written down."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tools.errors import ConfigError

Kind = Literal["function", "mcp", "gradio"]

_TOKEN = re.compile(r"env:([A-Za-z_]\w*)")
_NAME = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_SECRETIVE = re.compile(r"auth|key|token|secret|cookie|password", re.I)
_IN_ADDRESS = re.compile(r"//[^/?#]*@|[?&](?:[\w-]*(?:key|token|secret|password))=(?!\$\{)", re.I)
_SHORTEST = 4  # characters; anything shorter would be found in ordinary words


class Place(BaseModel):
    """A source and its credentials. ``${NAME}`` stands for the value of an environment variable.

    ``token`` (``env:NAME``) goes to an MCP server as a bearer token, to a Space as a Hub token; ``login``
    (``user:${NAME}``) opens a Gradio app; ``headers`` go with every request; ``env`` is what a command sees besides.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    source: str = Field(min_length=1)
    token: str | None = None
    login: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    env: dict[str, str] = Field(default_factory=dict)

    @field_validator("source")
    @classmethod
    def _open(cls, value: str) -> str:
        if value.startswith(("http://", "https://")) and _IN_ADDRESS.search(value):
            raise ValueError("leave keys out of the address: name the variable that holds one, as ${MY_KEY}")
        return value

    @field_validator("token")
    @classmethod
    def _names_a_variable(cls, value: str | None) -> str | None:
        if value is not None and not _TOKEN.fullmatch(value):
            raise ValueError("name the variable that holds the token, as env:MY_TOKEN, never the token itself")
        return value

    @field_validator("login")
    @classmethod
    def _names_a_password(cls, value: str | None) -> str | None:
        if value is not None and not (":" in value and _NAME.search(value)):
            raise ValueError("write it as user:${MY_PASSWORD}, with the variable that holds the password")
        return value

    @field_validator("headers", "env")
    @classmethod
    def _name_variables(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if _SECRETIVE.search(name) and not _NAME.search(text):
                raise ValueError(f"{name} may be secret; name the variable that holds it, as ${{MY_TOKEN}}")
        return value

    @property
    def variables(self) -> list[str]:
        """The environment variables that are named."""
        texts = [
            self.source if "://" in self.source else "",
            self.login or "",
            *self.headers.values(),
            *self.env.values(),
        ]
        return list(
            dict.fromkeys(
                [*_TOKEN.findall(self.token or ""), *(name for text in texts for name in _NAME.findall(text))]
            )
        )

    @property
    def lacks(self) -> str | None:
        """Why it cannot be opened now, or None."""
        unset = [name for name in self.variables if not os.environ.get(name)]
        if not unset:
            return None
        which = f"variable {unset[0]}" if len(unset) == 1 else f"variables {' and '.join(unset)}"
        return f"the {which} {'is' if len(unset) == 1 else 'are'} not set"

    @property
    def address(self) -> str:
        """The source with its variables filled in: for connecting, never for showing."""
        return _filled(self.source) if "://" in self.source else self.source

    @property
    def shown(self) -> str:
        """The source as answers name it: of a command the program alone, without its folders and options."""
        if self.kind != "mcp" or "://" in self.source:
            return self.source.rstrip("/")
        program, *rest = shlex.split(self.source) or [self.source]
        return PurePath(next((word for word in rest if not word.startswith("-")), program)).name

    def secret(self) -> str | None:
        """The token itself. Raises ConfigError where its variable is not set."""
        return _value(self.token.removeprefix("env:")) if self.token else None

    def account(self) -> tuple[str, str] | None:
        """User and password. Raises ConfigError where a variable is not set."""
        user, _, password = _filled(self.login or "").partition(":")
        return (user, password) if self.login else None

    def filled(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Headers, or a command's variables, with their values. Raises ConfigError where one is not set."""
        return {name: _filled(text) for name, text in texts.items()}

    def masked(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """A text, or any JSON, without the values of the variables: a server may repeat what it was sent."""
        if isinstance(value, str):
            for secret in self._values():
                value = value.replace(secret, "[secret]")
            return value
        if isinstance(value, dict):
            return {self.masked(key): self.masked(item) for key, item in value.items()}
        return [self.masked(item) for item in value] if isinstance(value, list | tuple) else value

    def _values(self) -> Iterator[str]:
        secrets = (os.environ.get(name, "") for name in self.variables)
        return iter(sorted((value for value in secrets if len(value) >= _SHORTEST), key=len, reverse=True))


def _filled(text: str) -> str:
    return _NAME.sub(lambda match: _value(match[1]), text)


def _value(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise ConfigError(f"The variable {name} is not set; export {name}=... first.")
