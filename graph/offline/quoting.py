"""What a request gives as data: texts in quotation marks, after a colon, or after a sentence that speaks of them.

Data ends where the user speaks to us again: at a blank line, at "then ..." or "please ...", or at a sentence that wants
something done with it ("Tell me its tone.").
"""

import re

MAX_TEXTS = 20  # quotations, and questions, that are weighed as data

_QUOTE = re.compile(
    r"""(?<!\w)(?:'(.{1,4000}?)'(?!\w)|"([^"]+)"|\u201c([^\u201d]+)\u201d|\u2018(.{1,4000}?)\u2019(?!\w)"""
    r"""|«([^»]+)»|„([^“”]+)[“”]|`([^`]+)`)""",
    re.S,
)
_NOUN = (
    r"(?:texts?|messages?|sentences?|reviews?|e-?mails?|comments?|paragraphs?|articles?|letters?|tweets?|notes?"
    r"|story|stories|phrases?|passages?|posts?|lines?|words?|quotes?|poem|speech|feedback)"
)
_DO = (
    r"(?:read|translate|summari[sz]e|sum|shorten|say|speak|tell me|show me|give me|classify|rate|rank|rewrite"
    r"|paraphrase|extract|find|check|turn|convert|make)\b"
)
_BACK = (
    rf"\b(?:it|its|this|that|them|these|those|the (?:{_NOUN}|result|answer|translation|summary|above)|aloud|out loud)\b"
)
_OF_IT = (
    r"(?:what|which) (?:language|tone|sentiment|mood|tongue)\b"
    r"|what(?:'s|s| is) (?:its|the) (?:tone|language|sentiment|mood|gist)"
    rf"|(?:is|does|sounds?) (?:it|this|that|the {_NOUN})\b[^.?!]*\?"
    rf"|(?:can|could|would) you\b|i (?:want|need|would like|'d like)\b[^.?!]*?{_BACK}"
)
_TO_US = (
    rf"(?:(?:and |then ){{0,4}}(?:then|please|after that|afterwards|finally|also|next)\b"
    rf"|(?:and )?(?:{_DO}[^.?!\n]{{0,300}}?{_BACK}|{_OF_IT}))"
)
_END = re.compile(
    rf"(?:(?<=[.!?…\n])|(?<=[.!?…]_))\s{{1,4}}(?={_TO_US})"
    rf"|[,;]?\s{{1,4}}(?:and |then ){{1,3}}(?={_DO} [^.?!\n]{{0,300}}?{_BACK})|[ \t]{{0,4}}\n[ \t]{{0,4}}\n|\Z"
)
_COLON = re.compile(
    r"(?<!following steps)(?<!do the following)(?<!do this)(?<!steps)(?<!tasks)(?<!things)(?<!so)(?<!please)(?<!plan)"
    r"(?<!jobs)(?<!requests)(?<!wishes):\s+(?=[^\s_])"
)
_SPEAKS_OF = re.compile(
    rf"[^.!?\n]*\b(?:(?:this|these|the following) {_NOUN}\b[^.!?\n]*[.!?]+\s+"
    r"|(?:this|these|following)\b[^.!?\n]*[.!?]*[ \t]*\n\s*)(?=[^\s_])"
)
_ABOVE = re.compile(r"(?<=[.!?\n])\s{1,4}(?=[^.!?\n]{0,300}\babove\b[^.!?\n]{0,300}[.!?]{0,3}\s{0,4}\Z)")


def texts(named: str, alone: bool) -> list[tuple[int, int]]:
    """Where texts are given, in a lower-cased request whose file names are blanked. ``alone``: no file came with it."""
    spans = [match.span(match.lastindex or 0) for match in _QUOTE.finditer(named)]
    spans = [(start, end) for start, end in spans if named[start:end].strip("_ ")][:MAX_TEXTS]
    return spans or (_unmarked(named) if alone else [])


def _unmarked(named: str) -> list[tuple[int, int]]:
    """The one text that is given without quotation marks, if any."""
    if colon := _COLON.search(named):
        return [(colon.end(), _end(named, colon.end()))]
    if above := _ABOVE.search(named):
        return [(0, above.start())]
    said = _SPEAKS_OF.match(named)
    if said and not re.match(_TO_US, named[said.end() :]):
        return [(said.end(), _end(named, said.end()))]
    return []


def _end(named: str, start: int) -> int:
    """Where data that begins at ``start`` ends."""
    match = _END.search(named, start)
    return match.start() if match else len(named)
