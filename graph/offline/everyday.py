"""How people ask in everyday words for what can be done to a thing that they give.

What these phrases mean depends on what was given: "make it shorter" is for a text, "make it bigger" for a picture.
``~`` stands for up to four words in between, ``{name}`` for a class of words; matched on ``Reading.plain``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice

from graph.offline import wording
from graph.offline.case import Case
from graph.offline.cues import LANGUAGES, MOOD, compiled
from graph.offline.intents import Intent
from graph.offline.reading import Reading

_PEOPLE = (
    r"(?:any(?:body|one)|some(?:body|one)|people|persons?|faces?|heads?|humans?|men|women|kids|children|(?:of )?us)\b"
)
_FIND = r"\b(?:how many|is (?:this|that|it)|count\w*|find\w*|detect\w*|spot\w*|locat\w*|mark\w*|see|box(?:es)?|frame|circle|highlight\w*|where(?:'s|s| is| are)?|(?:is|are) there|any|look for|show|check)\b"
_LOOK = r"(?:sharp\w*|crisp\w*|clear(?:er)?|bright\w*|dark\w*|light(?:er)?|big(?:ger)?|larg(?:e|er)|smooth\w*|better|nicer|monochrome|gr[ae]y\w*|black (?:and|&) white|b ?[&/] ?w|sepia|vintage|less (?:blurry|noisy|grainy|dark|bright))\b"
_STYLE = r"(?:cartoon|comic|pencil|sepia|vintage|black[- ](?:and|&)[- ]white|b ?[&/] ?w|gr[ae]y ?scale|gr[ae]y|monochrome|negative)\b"
_FAULT = r"(?:dark|bright|blurr?(?:y|ed)|grainy|noisy|fuzzy|small|unsharp|pale|dull|out of focus)"
_PRINTED = r"(?:sign|notice|receipt|letter|menu|bill|invoice|poster|leaflet|flyer|page|label|note|card|ticket|screen|slide|plate|board|package)\b"
_TEXT = r"(?:text|words?|wording|writing|lettering|letters|print)\b"
_IT = r"(?:it|this|that|these|them|(?:the|this|that|my|her|his|our|your) \w+(?: one)?)"


# Each row: what must not be the only thing given, as the phrase then means something else, is told by the type itself.
EVERYDAY: dict[str, tuple[str, ...]] = {
    "automatic-speech-recognition": (r"\btranscribe\b",),
    "image-to-text": (
        r"\bwhat(?:'s|s| is| does| do| did)?(?: [\w'-]+){0,4}? (?:say|says|said|written|printed)\b",
        rf"\b(?:type|copy|get|pull|grab|lift|need)\b(?: out| down| off| me){{0,2}} (?:the|all|every|its|any)(?: \w+)? {_TEXT}",
        rf"\bwhat(?:'s|s| is) (?:on|in) (?:the|this|that|my) {_PRINTED}", rf"\b(?:is|are) there any {_TEXT}", rf"\b(?:pull|get|read|extract|take|copy)\b(?: [\w'-]+){{1,4}}? (?:off|from) (?:this|the|my)(?: \w+)? {_PRINTED}", rf"\bthe {_TEXT} (?:of|in|on|from) (?:this|the|that|my) (?:picture|image|photo|{_PRINTED})",
        r"\b(?:convert|turn|change|put|get|make|want|like|need)\b(?: [\w'-]+){0,6}? (?:to|into|as) (?:plain |editable |normal )?text\b(?! format)", r"\b(?:decipher|decode|digiti[sz]e|make out)\b", r"\bcan(?:'t|not|t)? (?:you )?read\b", r"\b(?:tell|know|see)(?: [\w'-]+){1,5}? says?\b", r"\b(?:qr|bar) ?codes?\b", r"\btranscribe\b",
    ),
    "text-to-speech": (
        rf"\bread (?:{_IT} )?(?:out|aloud)\b", r"\bread(?:ing)?\b(?: [\w'-]+){0,5}? to (?:me|us|her|him|them)\b", r"\bread me\b",
        rf"\b(?:listen to|hear)(?= (?:{_IT}|an? (?:summary|answer|short version)))",
        r"\b(?:say|speak) (?:(?:it|this|that|them)\b(?! (?:is|was|are|has|looks|sounds|seems|means))|(?:the|an?|your) (?:answer|result|text|summary|words?))\b",
        r"\b(?:say|speak|pronounce|recite|narrate|vocali[sz]e) _", r"(?:^|[.!?,;]\s|\b(?:and|then|please|to|you)\s)\s*(?:say|speak|narrate|recite)\b(?! (?:what|whether|if|how|who|why|when|where|which|so|something|this is|it is))",
        r"\bspoken (?:version|form)\b", r"\bas (?:an? )?(?:mp3|audio|sound file|voice message|podcast|audio ?book)\b", r"\bpronounc\w*", rf"\bvoice {_IT}",
        r"\b(?:turn|make|convert|change|put)\b(?: [\w'-]+){1,4}? (?:into|to|as|in) (?:an? )?(?:speech|voice message|audio ?book|podcast|mp3|sound file)\b",
        r"\bmake (?:me )?an? (?:audio ?(?:file|book|version|recording)?|voice message|mp3|podcast|recording) (?:of|from|out of)\b",
    ),
    "summarization": (
        r"(?:\bwhat(?:'s|s| is) )?\b(?:the|its) (?:gist|essence|crux|highlights)\b|\bbullet ?points?\b|\bquick overview\b|\b(?:an?|the) abstract of\b|\bupshot\b|\b(?:one|two|three|four|five|\d) sentences? (?:max|at most|only|please)\b|\bneed to know (?:from|about) (?:it|this|that|the \w+)", r"\bin (?:short|brief|a nutshell|(?:a few|two|three|one|\d) (?:words?|lines?|sentences?|points?|paragraph))\b",
        r"\b(?:to|into) (?:a few|two|three|one|\d) (?:lines?|sentences?|points?|paragraph|words?)\b", r"\bshort(?:er)? version\b|\bshortened\b",
        r"\b(?:main|key|most important|essential|central|core) (?:points?|ideas?|things?|parts?|messages?|takeaways?|facts?|statements?)\b",
        r"\bwhat(?:'s|s| is| are) (?:important|essential)\b", r"\bwhat(?:'s|s| is| are) (?:it|this|that|these|(?:the|this|that) \w+)(?: \w+)? about\b",
        r"\bwhat (?:it|this|that|(?:the|this|that) \w+)(?:'s|s| is|) about\b",
        rf"\b(?:boil|cut|trim|condense|shorten|sum|wrap) (?:{_IT} )?(?:down|up|short)\b", rf"\bmake {_IT} (?:much |a (?:bit|lot) )?(?:short|brief|concise)\w*",
        r"\btoo long\b(?:[\s,;]+(?:i )?(?:read\b|_+))?|\btl ?;? ?dr\b", r"\bsumm(?:er|ar|e|a)i[sz]e?\b|\bsum (?:it|this|that|them) up\b",
        r"\bbottom line\b|\bexecutive summary\b|\bin essence\b|\babridge\w*",
    ),
    "text-classification": (
        rf"\b(?:is|are|was|were|does|do|did|if|whether|sound\w*|seem\w*|feel\w*)\b(?: [\w'-]+){{0,6}}? {MOOD}(?: or {MOOD})?", rf"^\W*{MOOD}(?: or {MOOD})?\W*$",
        r"\b(?:like|love|enjoy|hate)\w* (?:it|this|that|them)\b(?: or (?:not|_+))?", r"\bhow (?:does|do|did)(?: the)? [\w']+ feel\b", r"\bsentiment\b|\btone\b|\bmood\b",
        r"\b(?:what|which|the|its|in what) (?:language|tongue|lang)\b", rf"\bis (?:it|this|that)(?: written)?(?: in)? {LANGUAGES}\b",
    ),
    "text-ranking": (
        r"\b(?:rank|sort|order|arrange)\b(?: [\w'-]+){0,4}? (?:by|according to|in order of|from)\b",
        r"\bwhich (?:of (?:these|them|the following)|one)\b(?: [\w'-]+){0,3}? (?:best|most|better|closest|nearest)\b",
        r"\b(?:most relevant|best (?:match|answer|fit)|fits best|answers best)\b",
    ),
    "sentence-similarity": (r"\b(?:alike|mean the same|(?:say|saying) the same|the same meaning)\b",),
    "object-detection": (
        rf"{_FIND}(?: [\w'-]+){{0,5}}? {_PEOPLE}", r"(?:^|[.!?,;]\s|\band )\W*who(?:'s|s| is| are) (?!the (?:author|writer|sender|owner))", rf"^\W*(?:the )?{_PEOPLE}", rf"\b(?:is|are) {_PEOPLE}",
        rf"{_PEOPLE} (?:here|there|in (?:it|this|that|the))\b",
    ),
    "audio-to-audio": (
        r"\b(?:noise|noisy|hum|humming|hiss|hissing|buzz|buzzing|static|crackl\w*|rumbl\w*|wind|traffic|echo|echoes|fan|(?:too|so) loud)\b", r"\b(?:improve|enhance|filter) the (?:sound|audio|recording)\b",
        r"\b(?:clean(?: (?:it|this|that))? up|denoise)\b", r"\bmake\b(?: [\w'-]+){1,4}? (?:clear|clean|crisp|quiet|loud)er\b",
        r"\b(?:improve|raise|increase|enhance)(?: the| its)?(?: \w+)? (?:quality|clarity)\b",
    ),
    "image-to-image": (
        r"\b(?:sharpen|upscale|enlarge|brighten|darken|lighten|denoise|retouch|restore|invert|blur|soften|cartooni[sz]e|magnify)\b",
        rf"\b(?:make|turn)\b(?: [\w'-]+){{1,5}}? {_LOOK}", rf"\b{_FAULT} (?:photos?|pictures?|images?|pics?|shots?)\b", rf"\b(?:in|into|to|as|like|an?|with|in an?)(?: [\w'-]+){{0,3}}? {_STYLE}",
        rf"\b(?:too|so|very|is|it's|looks?|bit|came out|turned out|rather|quite|a little) {_FAULT}\b", r"\b(?:noise|noisy)\b", r"\b(?:double|triple) (?:the|its) size\b|\btwice as (?:big|large)\b", r"\b(?:grain|contrast)\b", r"\b(?:improve|raise|increase|enhance)(?: the| its)?(?: \w+)? (?:quality|resolution|sharpness|contrast|colou?rs)\b",
    ),
    "canny-control": (r"\b(?:outlin|contour|silhouett)\w*", r"(?:\bwhere(?:'s| is| are) (?:the |all )*)?(?<!soft )\bedges?\b(?: detection)?", r"\btrac(?:e|ing)\b"),
    "mlsd-control": (r"\bstraight (?:lines?|edges?)\b", r"\b(?:detect|find|extract)(?: all| the)* lines\b",),
}  # fmt: skip


_PLACES = 20  # of each phrase that are weighed


def asked(case: Case) -> list[Intent]:
    """What the phrases ask for, in the order of the text: a type once, or once for each of the files that are counted.

    Of phrases that overlap the longest counts.
    """
    found = sorted(_found(case), key=lambda intent: intent.start - intent.end)
    kept: list[Intent] = []
    for intent in found:
        if all(intent.end <= other.start or other.end <= intent.start for other in kept):
            kept.append(intent)
    return list(_merged(sorted(kept, key=lambda intent: intent.start), case.reading))


def _merged(intents: Sequence[Intent], reading: Reading) -> Iterator[Intent]:
    """One intent of those that speak of the same file; its prompt, if the type may have one, is all that they say."""
    groups: dict[tuple[str, int | None], list[Intent]] = {}
    for intent in intents:
        which = wording.ordinal(wording.clauses(reading, intent.start, intent.end), intent.type.required[0].modality)
        groups.setdefault((intent.type.name, which), []).append(intent)
    for same in groups.values():
        aim = same[0].type.slot("text")
        said = dict.fromkeys(wording.clauses(reading, intent.start, intent.end) for intent in same)
        yield replace(same[0], slots={"text": ", ".join(said)}) if aim and not aim.required else same[0]


def _found(case: Case) -> Iterator[Intent]:
    for name in EVERYDAY:
        type_ = case.types.get(name)
        if type_ and case.suits(type_):
            intents = [Intent(type_, *span, sure=True) for span in wordings(name, case.reading)]
            yield from (one for one in intents if not _elsewhere(one, case.reading))


def _elsewhere(intent: Intent, reading: Reading) -> bool:
    """Whether the clause speaks of another medium than the type takes: "enhance the audio" is nothing for a picture."""
    begin, end = reading.clause(intent.start)[0], reading.clause(intent.end - 1)[1]
    return wording.of_another(reading.plain[begin:end], intent.type.required[0].modality)


def wordings(name: str, reading: Reading) -> Iterator[tuple[int, int]]:
    """Where the request asks for a task type in everyday words."""
    for pattern in _patterns(name) if name in EVERYDAY else ():
        yield from islice((match.span() for match in pattern.finditer(reading.plain)), _PLACES)


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(compiled, EVERYDAY[name]))
