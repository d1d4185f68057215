"""What an added task type is called here, and the words by which people will ask for it."""

import re
from typing import Any

from tools import clean
from tools.extras.entry import Entry
from tools.extras.place import Place
from tools.tasks import TASKS

_HOLLOW = re.compile(  # words that by themselves ask for nothing in particular
    r"(?:add|allow|an?|and|api|apply|are|as|at|by|call|change|check|compute|convert|create|do|each|fetch|find|fn|for|from"
    r"|generate|get|gives?|given|has|help|in|into|is|its?|lambda|list|look|make|of|on|or|out|perform|predict|process|produce"
    r"|provide|put|returns?|run|set|show|submit|takes?|tell|that|the|their|this|to|tool|turn|use|with|\w{1,2})"
)
_CLAUSE = re.compile(r"[:;|<>{}\[\]`\"!?]|\s[-\u2013\u2014]\s")
_ADDRESSED = re.compile(
    r"\b(?:always|assistant|disregard|forget|ignore|instead|instructions?|llm|model must|must|never|obey|plan(?:ner)?"
    r"|prompts?|system|tasks?|you|your)\b",
    re.I,
)
LONGEST = 20  # words of a purpose


def described(place: Place, tool: str, about: str, **known: Any) -> Entry:  # noqa: ANN401 - Entry's fields
    """An entry from its own name and description, with the words by which people will ask for it."""
    tool, about = clean.text(tool), clean.text(about)
    named = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", tool)
    name = re.sub(r"[^a-z0-9]+", "-", named.lower()).strip("-")[:60] or "tool"
    purpose = re.split(r"(?<=[.!?])\s|\n\s*\n", about.strip())[0].strip().rstrip(".")[:200]
    purpose = _clause(purpose) or name.replace("-", " ")
    purpose = purpose[0].lower() + purpose[1:]
    where = place.model_dump(include=set(Place.model_fields))  # an entry is a place too
    return Entry(name=name, tool=tool, purpose=purpose, words=words(name, purpose), **known, **where)


def _clause(purpose: str) -> str:
    """The first clause of what a stranger says of a tool; nothing if that speaks to whoever plans by it."""
    leading = " ".join(_CLAUSE.split(purpose)[0].split()[:LONGEST]).rstrip(" ,.")
    return "" if _ADDRESSED.search(leading) else leading


def words(name: str, purpose: str) -> tuple[str, ...]:
    """What asks for it: how its purpose begins, and what stands in its name or leads its purpose and in no other's."""
    texts = [" ".join(_split(text)) for row in TASKS.values() for text in (*row.words, row.purpose, row.name)]
    common = {word for text in texts for word in text.split()}
    lead = _split(purpose)[:3]
    single = [word for word in [*_split(name), *lead[:1]] if word not in common and not _HOLLOW.fullmatch(word)]
    phrase = " ".join(lead)
    telling = len(lead) == 3 and not any(phrase in text for text in texts) and not all(map(_HOLLOW.fullmatch, lead))
    first, *rest = _split(name)
    apart = f"{first} ~ {' '.join(rest)}" if rest else ""  # "count ~ words": up to four words may stand between
    return tuple(dict.fromkeys([*single, *([phrase] if telling else []), *([apart] if apart else [])]))


def _split(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())
