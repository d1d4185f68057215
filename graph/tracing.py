"""What LangSmith may see of a run: the words and the structure, never media and never secrets."""

import os
import re
from functools import cache

from tools import extras

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"data:([\w.+-]+/[\w.+-]+)[^,\s]{0,200},[\w+/=%-]{64,}"), r"data:\1,[left out]"),
    (re.compile(r"[A-Za-z0-9+/_-]{400,}={0,2}"), "[bytes left out]"),
    (re.compile(r"\b(?:hf_|sk-|hgpt_|lsv2_|gh[opsu]_|xox[abp]-|AKIA)[\w-]{8,}"), "[secret]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 [secret]"),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), "[secret]"),
)
_SECRET = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)$")
_SHORTEST = 8  # characters; anything shorter would be found in ordinary words


def scrub(text: str) -> str:
    """The text without embedded media, without what looks like a key, and without this process's own secrets."""
    for secret in _secrets():
        text = text.replace(secret, "[secret]")
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


def configure() -> None:
    """Scrub whatever is traced, if tracing is on. Off, it costs the reading of a variable."""
    from langsmith.utils import tracing_is_enabled

    if not tracing_is_enabled():
        return
    import langsmith
    from langsmith.anonymizer import create_anonymizer

    anonymizer = create_anonymizer(lambda text, _path: scrub(text), max_depth=20)
    langsmith.configure(client=langsmith.Client(anonymizer=anonymizer))
