"""What LangSmith may see of a run: the words and the structure, never media and never secrets."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from tools import extras
from tools.settings import process_settings

_NAMES = "pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|signature"  # of what is told as name=value
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"data:([\w.+-]+/[\w.+-]+)[^,\s]{0,200},[\w+/=%-]{64,}"), r"data:\1,[left out]"),
    (re.compile(r"[A-Za-z0-9+/_-]{400,}={0,2}"), "[bytes left out]"),
    (re.compile(r"\b(?:hf_|sk-|hgpt_|lsv2_|gh[opsu]_|xox[abp]-|AKIA)[\w-]{8,}"), "[secret]"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "[secret]"),  # a JSON web token
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 [secret]"),
    (re.compile(rf"(?i)\b({_NAMES})(\s*[=:]\s*)[^\s&,;\"'<>]+"), r"\1\2[secret]"),
    (re.compile(r"(?<![\w/.:])(?:/(?:home|root|Users)/[\w.-]+|[A-Z]:\\Users\\[\w.-]+)"), "~"),  # who runs it
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), "[secret]"),
)
_SECRET = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)$")
_SHORTEST = 8  # characters; anything shorter would be found in ordinary words


def scrub(text: str) -> str:
    """The text without embedded media, what looks like a key, and this process's own secrets and folders."""
    for secret in _secrets():
        text = text.replace(secret, "[secret]")
    for folder, name in _folders():
        text = text.replace(folder, name)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _secrets() -> tuple[str, ...]:
    """The values of environment variables named like secrets, or by an added tool as its own, the longest first."""
    return _values(frozenset(extras.variables()))


@cache
def _values(named: frozenset[str]) -> tuple[str, ...]:
    secret = {value for name, value in os.environ.items() if name in named or _SECRET.search(name)}
    return tuple(sorted((value for value in secret if len(value) >= _SHORTEST), key=len, reverse=True))


def _folders() -> tuple[tuple[str, str], ...]:
    """The folders in which this process works, and what stands for them; the longest first."""
    own = process_settings()
    return _whole((own.out.path, "outputs"), (str(own.cache_folder), "cache"), *((str(at), ".") for at in own.folders))


@cache
def _whole(*places: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    whole = {str(Path(place).absolute()): name for place, name in places}
    return tuple(sorted(((place, name) for place, name in whole.items() if place != "/"), key=lambda it: -len(it[0])))


def configure() -> None:
    """Scrub whatever is traced, if tracing is on: by its own variable, or by a key for LangSmith alone."""
    if not _wanted():
        return
    _folders()  # looked up now, and not on the event loop
    import langsmith
    from langsmith.anonymizer import create_anonymizer

    class Client(langsmith.Client):
        """A run that waits for a person has not failed, though LangGraph ends it with an exception."""

        def update_run(self, run_id: Any, *args: Any, error: str | None = None, **more: Any) -> None:  # noqa: ANN401
            super().update_run(run_id, *args, error=_failure(error), **more)

        def create_run(self, *args: Any, error: str | None = None, **more: Any) -> None:  # noqa: ANN401
            if error:
                more["error"] = _failure(error)
            super().create_run(*args, **more)

    anonymizer = create_anonymizer(lambda text, _path: scrub(text), max_depth=20)
    langsmith.configure(client=Client(anonymizer=anonymizer), enabled=True)


def _wanted() -> bool:
    """Whether runs are to be traced."""
    from langsmith.utils import tracing_is_enabled

    said = os.environ.get("LANGSMITH_TRACING") or os.environ.get("LANGCHAIN_TRACING_V2")
    if not said and (os.environ.get("LANGSMITH_API_KEY") or os.environ.get("LANGCHAIN_API_KEY")):
        return True
    return bool(tracing_is_enabled())


def _failure(error: str | None) -> str | None:
    return None if error and error.startswith("GraphInterrupt(") else error
