"""Questions in the user's own words, and what they are asked of: a table, a text, a picture, or print in a picture."""

import re
from collections.abc import Mapping, Sequence

from graph.offline.bridges import path
from graph.offline.case import Case
from graph.offline.intents import Intent
from graph.offline.parts import Parts
from tools.tasks import Modality, TaskType

# Times, prices, names and numbers are printed; colours, clothes and ages are seen.
_PRINTED = re.compile(
    r"\bwhen\b|\bwhat (?:time|date|day|year|number|price|address|name)\b|\bhow (?:much|long|often)\b"
    r"|\b(?:open|close|cost|say|mention|written|begin|start)s?\b"
    r"|\b(?:phone|e-?mail|website|price|total|amount|deadline|address|hours|fee|ticket)\b"
    r"|\b(?:sign|notice|letter|menu|receipt|invoice|bill|poster|form|page|label|document|timetable|screenshot|flyer|leaflet|card)\b"
)
_SEEN = re.compile(r"\b(?:images?|pictures?|photos?|photographs?)\b")
_ASKED_OF: Mapping[Modality, str] = {
    "table": "table-question-answering",
    "text": "question-answering",
    "image": "visual-question-answering",
}
_BY_QUESTION = {*_ASKED_OF.values(), "document-question-answering"}


def is_question(name: str) -> bool:
    """Whether a task type answers a question of the user's."""
    return name in _BY_QUESTION


def asked_of(case: Case, taken: Sequence[tuple[int, int]]) -> list[Intent]:
    """A task for each question that no other wording, at ``taken``, explains: of the type that suits what was given."""
    found = []
    for question in Parts(case.reading).questions():
        if any(start < question.end and question.start < end for start, end in taken):
            continue
        if type_ := _type(case.reading.plain[question.start : question.end], case):
            found.append(Intent(type_, question.start, question.end, {"question": question.text}, sure=True))
    return found


def _type(question: str, case: Case) -> TaskType | None:
    given = [*case.given, *(["text"] if case.reading.quotes else [])]
    if _SEEN.search(question) and "visual-question-answering" in case.offered:
        return case.offered["visual-question-answering"]
    for modality, name in _ASKED_OF.items():
        if name in case.offered and modality in given:
            return case.offered[name]
    legible = "audio" in given or ("image" in given and bool(_PRINTED.search(question)))
    return case.offered.get("question-answering") if legible and path(case.given, "text", case.offered) else None
