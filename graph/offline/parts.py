"""The parts of a request that ask for something, each by itself: which a plan covers, and which it leaves out.

A part is a sentence, or a clause of one that begins a request anew: "Read it, and order me a pizza" has two.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

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
    "add alert analy[sz]e animate answer arrange ask attach bake book brew bring build buy calculate call cancel "
    "caption change chart check choose circle clean click close colou?r compare compose compress compute convert "
    "cook copy correct count create crop cut delete deliver describe design detect download draft draw edit email "
    "e-mail enhance enlarge erase estimate explain export extract fax fetch fill find fix flip forward generate "
    "get give go google guess help highlight identify improve install inform invite label list listen locate look "
    "mail make mark measure message move name notify open order outline paint paste pay phone play point post "
    "predict prepare print produce publish put rank rate read recommend record reduce remind remove rename render "
    "replace reply reserve resize restore rewrite ring rotate run save say scan schedule search segment sell send "
    "set share sharpen shorten show sing solve sort speak spell start stop store submit suggest sum summari[sz]e "
    "switch tag take talk tell text trace train transcribe transform translate trim turn tweet update upload "
    "upscale verify wake watch write"
)
_VERBS = rf"(?:{'|'.join(_COMMANDS.split())})\b"
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
_QUESTION = re.compile(
    rf"{_FILLER}{_POLITE}"
    r"(?:(?:tell me|find out|look up|say|check|see|know|i (?:want|need|would like) to know|i wonder)\b[^,.;!?]*?\b)?"
    rf"(?P<question>(?:{_WH}|if\b|whether\b|{_AUXILIARY} (?!you\b|i\b|we\b)\w).*)",
    re.S,
)


class Parts:
    """The parts of one request that ask for something, in their order."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    @cached_property
    def asking(self) -> list[Span]:
        """Those that ask: commands, wishes and questions."""
        return [part for part in self.whole if self._asks(part)]

    def _asks(self, part: Span) -> bool:
        text, joined = self.reading.plain[part.start : part.end], part.start not in (0, *self.reading.stops)
        return bool(_ASKS.match(text) or (joined and _JOINED.match(text)))

    @cached_property
    def whole(self) -> list[Span]:
        """All parts, those too that only tell something."""
        return list(self._all())

    def _all(self) -> Iterator[Span]:
        begin = 0
        for stop in [*self.reading.stops, len(self.reading.text)]:
            joints = [match.end() for match in _JOINT.finditer(self.reading.plain, begin, stop)]
            for start, end in zip([begin, *joints], [*joints, stop], strict=True):
                if self.reading.plain[start:end].strip(" \n._"):
                    yield Span(start, end, _TAIL.sub("", self.reading.text[start:end]).strip())
            begin = stop

    def questions(self) -> Iterator[Span]:
        """What is asked in the user's own words, without "and" before it or "tell me"; requests made as questions
        ("can you read it?") are none.
        """
        for part in self.asking:
            match = _QUESTION.match(self.reading.plain[part.start : part.end])
            if match:
                start = part.start + match.start("question")
                yield Span(start, part.end, _TAIL.sub("", self.reading.text[start : part.end]))

    def uncovered(self, places: Iterable[tuple[int, int]]) -> list[Span]:
        """The asking parts in which none of these wordings stands."""
        spans = list(places)
        return [
            part
            for part in self.asking
            if not _VAGUE.match(self.reading.plain[part.start : part.end])
            and not any(start < part.end and part.start < end for start, end in spans)
        ]
