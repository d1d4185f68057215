"""The wordings that are sure to ask for something: one phrase a line, each right in nine of ten requests or more.

What is asked for in these words is planned whatever else the model of wishes understood. ``~`` stands for up to four
words in between, ``{name}`` for a class of words; matched on ``Reading.masked``.
"""

import re
from collections.abc import Callable
from functools import cache

from graph.offline.cues import compiled
from graph.offline.reading import Reading, Span

SURE: dict[str, tuple[str, ...]] = {
    "text-classification/language": (
        r"\b(?:which|what) (?:language|tongue)\b",
        r"\b(?:its|the) language\b(?! (?:is|barrier|in it|they))",
        r"\b(?:know|tell) ~ language\b",
    ),
    "text-classification/sentiment": (
        r"\bsentiment\b",
        r"\bhow (?:do|does|did) (?:\w+ ){1,3}feel\b",
        r"\b(?:the|its|what|which|in) tone\b",
        r"\btone (?:of|is)\b",
        r"\bpositive or negative\b|\bnegative or positive\b",
        r"\bgood or bad\b|\bgood news\b",
        r"\b(?:is|was|are|were|whether|if|does|do|did) (?:\w+ ){1,5}?(?:positive|negative|friendly|polite|rude|nice|satisfied|pleased|happy)\b(?! or\b|,)",
        r"\b(?:like|likes) (?:it|this|that|them) or\b",
    ),
    "text-classification/toxicity": (
        r"\btoxic\w*\b",
    ),
    "text-to-speech": (
        r"\baloud\b|\bout loud\b",
        r"\bread(?:ing)? ~ to (?:me|us|her|him|them)\b",
        r"\b(?:speak|pronounce|recite) _",
        r"^\W*(?:please )?say _",
        r"\band say (?:it|this|that)\b",
        r"\b(?:speak|pronounce|recite) (?:it|this|that|them)\b",
        r"\b(?:speak|recite) (?:the|these|all the) (?:words|text|writing)\b",
        r"\bread (?:me )?the (?:answer|result|summary)\b",
    ),
    "summarization": (
        r"\bsumm(?:ar|er)i[sz]\w*\b",
        r"\bsummary\b",
        r"\btl;?dr\b",
        r"\bgist\b",
        r"\bshorten\b",
        r"\b(?:key|main) (?:points?|takeaways?)\b",
        r"\bshort(?:er)? version\b",
        r"\bwhat(?:'s|s| is) (?:it|this|that|the (?:text|letter|document|article|mail|report)) about(?! _|,)",
        r"\bneed to know (?:from|about) (?:this|the)\b",
    ),
    "translation": (
        r"\btranslat(?:e|ed|ing)\b(?! (?:it )?(?:myself|yourself))",
    ),
    "canny-control": (
        r"(?<!soft )(?<!soft-)(?<!hed )\bedges\b(?! of (?:the|a) (?:town|world|city))",
        r"\b(?:its|the|show|outlines?|only) outlines?\b(?! of the course)",
        r"^\W*outlines?\b",
        r"\bcontours?\b",
        r"\btrace (?:this|it|the) drawing\b",
        r"\bcanny\b",
    ),
    "hed-control": (
        r"\bsoft[- ]edges?\b",
    ),
    "mlsd-control": (
        r"\bstraight (?:lines?|edges?)\b",
        r"\b(?:detect|find|extract) (?:all |the )?lines\b",
    ),
    "object-detection": (
        r"\bhow many (?:people|persons|faces|kids|children)\b",
        r"\b(?:find|mark|detect|box|count|locate|spot)\b (?:\w+ ){0,3}?(?:faces?|people|persons?|objects?)\b",
        r"^\W*faces?\b|\band faces\b",
    ),
    "automatic-speech-recognition": (
        r"\btranscri\w+",
        r"\bwrite (?:down|out)\b",
        r"\bwhat (?:he|she|they) (?:says?|said)\b",
    ),
    "image-to-image": (
        r"\bsharpen\b|\bsharper\b",
        r"\bbrighten\b|\bbrighter\b",
        r"\bupscale|\benlarge",
        r"\b(?:make|turn) (?:it|this|that|them) (?:(?:into|to|in) )?(?:a )?(?:sepia|gr[ae]y|(?:grey|gray)scale)\b",
        r"\b(?:make|turn) (?:it|this|that|them) (?:(?:into|to|in) )?black[- ]and[- ]white\b",
        r"\b(?:crop|rotate|mirror|resize) (?:it|this|that|them|the|my)\b",
    ),
    "image-to-text": (
        r"\btranscribe\b",
        r"\bdescribe\b",
        r"\bcaption\b",
        r"\bthe (?:text|writing) (?:of|in|on|from) (?:this|the|that|my)\b",
    ),
    "openpose-control": (
        r"\b(?:take|extract|get|draw|find) (?:the|his|her|my|its|their) poses?\b",
    ),
    "keypoint-detection": (
        r"\bjoints\b|\bkeypoints?\b",
    ),
    "depth-estimation": (
        r"\b(?:make|want|need|give|draw|a) (?:me )?(?:a |the )?depth (?:map|picture|image)\b",
    ),
    "token-classification": (
        r"\b(?:people|places|companies|dates) (?:it |are )?(?:named?|mention)",
    ),
}  # fmt: skip


def named(reading: Reading, able: Callable[[str], bool]) -> dict[str, Span]:
    """The wishes that are asked for in sure words, and where, of those that are able; of overlaps the longest counts."""
    said = [(wish, match) for wish in SURE for cue in _patterns(wish) if (match := cue.search(reading.masked))]
    known = {wish: able(wish) for wish, _ in said}
    matches = [(wish, match) for wish, match in said if known[wish]]
    kept: dict[str, Span] = {}
    for wish, match in sorted(matches, key=lambda pair: pair[1].start() - pair[1].end()):
        free = all(match.end() <= other.start or other.end <= match.start() for other in kept.values())
        if free and wish not in kept:
            kept[wish] = Span(*match.span(), match[0])
    return kept


@cache
def _patterns(wish: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(compiled, SURE[wish]))
