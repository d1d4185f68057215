"""Lists that a request holds: "ham, spam or neither", "as news and opinion"."""

import re

from graph.offline.reading import Reading

_ITEM = r"(?<!\w)[^\s,;:.!?/()_\u2013\u2014][^,;:.!?/()_\n\u2013\u2014]{0,40}?"
_OR = r"(?:\s*,?\s+(?:or|vs\.?|versus|oder|ou|o)\s+(?:just |even |simply )?|\s*/\s*)"
_AMONG = r"(?:as|among|amongst|between|into|labels?:?|classes:?|categories:?|one of|either|:)"
_LISTED = (
    re.compile(rf"({_ITEM}(?:\s*,\s*{_ITEM})*{_OR}{_ITEM}(?:{_OR}{_ITEM})*)(?=\s*(?:[.,;:!?)\n\u2013\u2014]|$))", re.I),
    re.compile(rf"\b{_AMONG}\s+({_ITEM}(?:\s*,\s*{_ITEM})*(?:\s*,)?\s+and\s+{_ITEM})(?=\s*(?:[.;:!?)\n]|$))", re.I),
    re.compile(rf"[:(]\s*({_ITEM}(?:\s*,\s*{_ITEM})+)(?=\s*(?:[.;!?)\n]|$))", re.I),
)
_SEPARATOR = re.compile(r"\s*(?:,|;|/|\b(?:or|and|vs|versus|oder|ou)\b\.?)\s*", re.I)
_FILLER = re.compile(
    r"^(?:(?:an?|the|it'?s?|is|are|be|was|were|would|do|does|did|you|say|call|think|reckon|i|we|can(?= you)|tell|me|if"
    r"|this|that|these|those|whether|as|into|either|more|likely|just|or|and|to|of|one|which|what|kind|sort|with|by|being|sound"
    r"|sounds|look|looks|like|really|actually|from|in|ist|das|es|ein|eine|der|die|c'est|est-ce|un|une|le|la|es|el|so|here"
    r"|there|please|label|classify|sort|decide|choose|pick|between|among|he|she|they)\b[\s']*)+",
    re.I,
)


def labels(reading: Reading, at: int) -> list[str]:
    """The classes that the user names, the list nearest to ``at``: "ham, spam or neither", "as news and opinion"."""
    for pattern in _LISTED:
        matches = sorted(pattern.finditer(reading.masked), key=lambda match: abs(match.start() - max(at, 0)))
        for match in matches:
            if len(named := items(reading.text[match.start(1) : match.end(1)])) > 1:
                return named
    quoted = [quote.text for quote in reading.quotes if len(quote.text) <= 40]
    return quoted if len(quoted) > 1 else []


def items(text: str) -> list[str]:
    """The things that are listed in a text, without articles and the like."""
    stripped = (_FILLER.sub("", item.strip(" '\"")).strip() for item in _SEPARATOR.split(text))
    return list(dict.fromkeys(item for item in stripped if item))
