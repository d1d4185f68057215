"""The parts of a request that ask for something, each by itself.

A part is a sentence, or a clause of one that begins a request anew: "Read it, and order me a pizza" has two.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from graph.offline.reading import Reading, Span

_FILLER = (  # possessive: what it has taken it never tries again, so that long blanks cost nothing
    r"(?:[\s,:;!\"'_.-]|(?:hi|hello|hey|ok|okay|please|pls|plz|also|then|and|but|so|now|next|first(?:ly)?"
    r"|second(?:ly)?|finally|lastly|afterwards|after that|in addition|additionally|moreover|besides|just|kindly|maybe"
    r"|or|to|too|as well)\b)*+"
)
_WH = r"(?:(?:until|till|since|from|at|in|on|for|by|to|with|under|of) )?"
_WH += r"(?:what|who|whom|whose|when|where|why|which|how)(?:'?s)?\b"
_AUXILIARY = r"(?:can|could|would|will|is|are|was|were|do|does|did|has|should|may)\b"
_WISH = r"i (?:want|need|wish|would like|would love)\b|i'd (?:like|love|want)\b|let (?:me|us)\b|let's\b"
_COMMANDS = (
    "add alert analy[sz]e animate answer arrange ask attach bake blur book brew brighten bring build buy calculate "
    "call cancel caption change chart check choose circle clarify classify clean click close colou?r compare "
    "compose compress compute convert cook copy correct count create crop cut darken delete deliver denoise "
    "describe design detect download draft draw dub e-mail edit email enhance enlarge erase estimate evaluate "
    "explain export extract fax fetch fill find fix flip forward generate get give go google guess help highlight "
    "identify improve inform install invite label list listen locate look mail make mark measure message move name "
    "narrate notify open order outline paint paste pay phone play point post predict prepare print produce publish "
    "put rank rate read recite recogni[sz]e recommend record reduce remind remove rename render replace reply "
    "reserve resize restore rewrite ring rotate run save say scan schedule search segment sell send set share "
    "sharpen shorten show shrink sing solve sort speak spell split start stop store submit suggest sum summari[sz]e "
    "switch tag take talk tell text trace train transcribe transform translate trim turn tweet update upload "
    "upscale verify wake watch write"
)
_VERBS = rf"(?:{'|'.join(_COMMANDS.split())})\b"
_QUESTION = re.compile(rf"{_FILLER}(?:{_WH}|{_AUXILIARY} \w)")
_ASKED = re.compile(rf"{_FILLER}{_WH}")
_ASKS = re.compile(rf"{_FILLER}(?:{_WH}|{_AUXILIARY} \w|{_WISH}|{_VERBS})")
_OBJECT = (  # after "and" a word with an object is a command, whichever verb it is
    r"(?!(?:with|for|from|about|like|near|all|both|than|into|onto|upon|over|under|after|before|since|of|in|on|at|by|to)\b)"
    r"[a-z]{3,} (?:my|your|him|her|us)\b"
)
_BEGINS = rf"{_OBJECT}|{_AUXILIARY} (?:you|it|this|that|there|the|they|he|she|any)\b|{_WISH}|{_VERBS}"
_JOINED = re.compile(rf"{_FILLER}{_OBJECT}")
_JOINT = re.compile(  # after a mere comma "which" begins no question
    rf"\s{{0,4}}[,;]\s{{1,4}}(?={_FILLER}(?:(?:what|how|why)\b|{_BEGINS}))|\s{{0,4}}:\s{{1,4}}(?={_FILLER}{_WH})"
    rf"|\s{{0,4}}[,;]?\s{{1,4}}(?:and|then|but|plus|or)\b(?:\s{{1,4}}(?:then|also|please|finally)){{0,3}}\s{{1,4}}(?={_FILLER}(?:{_WH}|{_BEGINS}))"
)
_POLITE = (
    r"(?:(?:can|could|would|will) you |i (?:want|need) (?:you )?to |i'd like (?:you )?to |let's )?(?:please |kindly )?"
)
# "Can you fix it?" asks again for what has been said; it is no part of its own.
_VAGUE = re.compile(
    rf"{_FILLER}{_POLITE}(?:(?:have|take) a )?(?:look (?:at|in|into)|answer (?:this|the|my|these) questions?)\b"
    rf"|{_FILLER}{_AUXILIARY} you\W*$|{_FILLER}{_POLITE}"
    r"(?:do|fix|rescue|save|repair|mend|undo|improve|change|work|manage|start|take|get|make|help|try|go|handle|remove|show"
    r"|have|see|look|check|solve|tell|give|let|say|answer)\b"
    r"(?: (?:it|this|that|them|these|me|us|you|rid|of|out|away|off|up|with|at|for|a|the|look|favou?r|know|so|too|both"
    r"|all|again|one|please))*[\W_]*$"
)
_TAIL = re.compile(r"(?:[\s,;.]|\b(?:and|then|but|also)\b)+$")


@lru_cache(maxsize=8)
def asking(reading: Reading) -> list[Span]:
    """The parts that ask for something by themselves: commands, wishes and questions, in their order."""
    return [
        _command(part) for part in _parts(reading) if _asks(part, reading) and not _VAGUE.match(_masked(part, reading))
    ]


def is_question(part: Span) -> bool:
    """Whether a part is a question, with its mark or without."""
    return part.text.endswith("?") or bool(_ASKED.match(part.text.lower()))


def _command(part: Span) -> Span:
    """A command without the question mark of what stands before it: "Could you read this and water my plants?"."""
    asks = _QUESTION.match(part.text.lower())
    return part if asks else replace(part, text=part.text.rstrip("? "))


def _asks(part: Span, reading: Reading) -> bool:
    text, joined = _masked(part, reading), part.start not in (0, *reading.stops)
    return part.text.endswith("?") or bool(_ASKS.match(text) or (joined and _JOINED.match(text)))


def _masked(part: Span, reading: Reading) -> str:
    return reading.masked[part.start : part.end]


def _parts(reading: Reading) -> Iterator[Span]:
    begin = 0
    for stop in [*reading.stops, len(reading.text)]:
        joints = [match.end() for match in _JOINT.finditer(reading.masked, begin, stop)]
        for start, end in zip([begin, *joints], [*joints, stop], strict=True):
            if reading.masked[start:end].strip(" \n._"):
                yield Span(start, end, _TAIL.sub("", reading.text[start:end]).strip())
        begin = stop
