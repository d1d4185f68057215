"""How people ask for each task type, beyond the words of the task table: expressions over the lower-cased request.

``~`` stands for up to four words in between, ``{name}`` for a class of words. A cue is evidence, weighed
with all other evidence as training found right.
"""

import re
from functools import lru_cache

LANGUAGES = (
    r"(?:english|french|german|spanish|italian|portuguese|dutch|russian|chinese|mandarin|japanese"
    r"|korean|arabic|hindi|turkish|polish|swedish|greek|latin|ukrainian|czech|danish|norwegian|finnish|hebrew|vietnamese|thai|indonesian|romanian|hungarian)"
)
MOOD = r"\b(?:positive|negative|friendly|unfriendly|happy|unhappy|satisfied|dissatisfied|pleased|glad|sad|angry|upset|annoyed|polite|rude|nice|kind|good or bad|bad or good|good news|bad news|a complaint|praise|favou?rable|critical|hostile|disappointed|harsh|aggressive|cheerful|gloomy|optimistic|pessimistic|grumpy|insulting|encouraging|pleasant|unpleasant|bitter|furious|excited|enthusiastic|grateful|sarcastic|mean-spirited|complain(?:ing|s)?)\b"
_CLASSES = {
    "make": r"(?:creat|generat|mak(?:e|ing)|made|produc|render|design|prepar|convert|transform|turn|synthes|compos|provid|giv|get|obtain|deliver)\w*",
    "find": r"(?:identify|identif\w+|detect\w*|find\w*|locat\w*|recogni\w+|spot\w*|extract\w*|highlight\w*|label\w*|tag\w*|know\w*|determin\w+)",
    "image": r"(?:images?|pictures?|photos?|photographs?|visuals?|illustrations?|drawings?|paintings?|artworks?|graphics?)",
    "audio": r"(?:audio|recordings?|speech|voice|sounds?|podcast|music|song|clip)",
    "better": r"(?:enhanc|improv|clean|clear|denois|refin|sharpen|upscal|restor|polish)\w*",
    "language": LANGUAGES,
    "writing": r"(?:text|story|stories|article|paragraph|content|essay|poem|script|blog|sentences?|report|explanation|narrative|descriptions?|prompt|letter|email|post|advertisement|introduction)",
}

CUES: dict[str, tuple[str, ...]] = {
    "token-classification": (
        r"\bentit(?:y|ies)", r"\bnamed\b ~ entit", r"part-?s?[- ]of[- ]speech|\bpos\b", r"\btoken",
        r"\b(?:dates|individuals|places|people|locations|organi[sz]ations|persons)\b",
        r"\b(?:nouns|verbs|adjectives|keywords|key terms|key phrases)\b", r"\btag(?:s|ged|ging)?\b",
        r"\b{find} ~ (?:names|information|words|terms|details)\b", r"\bimportant (?:information|words|parts|elements)",
    ),
    "translation": (
        r"\btranslat", r"\b(?:in|into|to) {language}\b", r"\bfrom {language}\b", r"\b{language}\b",
        r"\b(?:another|native|foreign|other|different) languages?\b",
    ),
    "summarization": (
        r"\bsummar", r"\bkey (?:points|ideas|information|takeaways|insights)|\bmain (?:points|ideas)", r"\bshort(?:en|er)?\b ~ version|\bshorten",
        r"\b(?:brief|concise|condensed?|gist|overview)\b",
    ),
    "question-answering": (
        r"\banswer ~ questions?\b", r"\bquestions?\b", r"\banswer",
        r"\bbased on (?:the|this|that|my|its) (?:text|context|document|article|content|information|summary|passage)",
        r"\bfind (?:the |an )?(?:answers?|information)", r"\bwhat\b|\bwho\b|\bwhen\b|\bwhere\b|\bwhich\b|\bhow (?:many|much)\b",
        r"\bcontext\b|\bpassage\b|\barticle\b",
    ),
    "conversational": (
        r"\bconvers", r"\bchat", r"\b(?:respond|respons)", r"\brepl(?:y|ies)\b", r"\bdialog", r"\b(?:talk|discuss)",
        r"\b(?:advice|recommend|suggest|tips?)\w*", r"\b(?:engag|friendly|relevant|coherent|knowledgeable)", r"\bhow are you|\bcan you tell me",
    ),
    "text-generation": (
        r"\b{make} ~ {writing}\b", r"\bwrit(?:e|ing|ten)\b", r"\b(?:paraphras|rewrit|rephras)\w*", r"\b(?:expand|elaborat|continu|complet)\w*",
        r"\bnew (?:text|sentence|paragraph|content)", r"\b(?:detailed|informative|short|creative|related|meaningful) {writing}\b",
        r"\bgenerat\w* (?:a |an |some |the )?(?:\w+ )?text\b", r"\bfill", r"\b(?:story|essay|poem|article|blog|slogan|caption)\b",
    ),
    "sentence-similarity": (
        r"\bsimilar", r"\bcompar", r"\bhow (?:close|alike|related|well)", r"\bmatch(?:es)?\b", r"\b(?:relevan|related|correspond|differ)\w*",
    ),
    "tabular-classification": (
        r"\btables?\b", r"\btabular", r"\bspreadsheet", r"\bclassif\w* ~ table", r"\b(?:rows?|columns?)\b", r"\btable ~ {image}|{image} ~ table",
    ),
    "object-detection": (
        r"\bdetect", r"\bobjects?\b", r"\b{find} ~ objects?\b", r"\bbounding box", r"\bobject detection", r"\bwhat objects",
        r"\bitems?\b|\bfaces?\b|\bthings\b", r"\bhow many\b|\bcount\b",
    ),
    "image-classification": (
        r"\bclassif\w* ~ (?:{image}|objects?|it|them)\b", r"\b{image} ~ classif", r"\bclassif", r"\bcategor", r"\bclass\b|\blabels?\b",
        r"\b(?:type|kind|breed|species) of\b", r"\bwhat ~ (?:represents?|is it|shows|depict)",
        r"\b{find} ~ (?:main )?(?:object|subject|content|animal|scene)\b",
    ),
    "image-to-image": (
        r"\btransform\w* ~ {image}\b", r"\btransform", r"\bstyl", r"\btarget (?:{image}|domain|style)|\bdomain\b", r"\b{better} ~ {image}\b",
        r"\b{image} ~ {better}\b", r"\b(?:high|better|low|poor|image)[- ]?(?:er)?[- ]?(?:quality|resolution)|\bresolution\b", r"\bimage-to-image\b",
        r"\bcharacteristics\b", r"\blook(?:s|ing)? (?:like|as)\b", r"\b(?:modif|adjust|manipulat|enhanc)\w*",
        r"\bblurry|\bnoisy\b|\bunclear|\bpoor\b",
    ),
    "image-to-text": (
        r"\bextract\w* ~ text", r"\btext ~ (?:from|in|on|of|within) ~ {image}\b", r"\bcaption", r"\bdescri(?:be|ption|bing)", r"\bocr\b|\boptical",
        r"\bread", r"\btextual\b", r"\bwhat(?:'s| is) in the {image}", r"\b{image} ~ (?:to|into) text",
        r"\b{image} ~ contain\w* ~ text|\bwith (?:some )?text\b", r"\bimage-to-text\b",
        r"\b(?:quote|sign|notice|handwritten|written|printed|infographic)\b", r"\bcontents? of the {image}",
    ),
    "text-to-image": (
        r"\b{make} ~ {image}\b", r"\b{image} ~ (?:generated|created|based on|from the (?:text|description|summary|translation))",
        r"\b{image} (?:of|representing|depicting|illustrating|showing|that|to)\b", r"\bvisuali[sz]|\bvisual represent|\bvisually", r"\billustrat",
        r"\btext-to-image\b", r"\bnew {image}\b|\bgenerated {image}\b|\banother {image}\b", r"\b(?:draw|paint)\w*", r"\ban? {image}\b",
        r"\bposter\b|\blogo\b|\bcover\b|\bscene\b|\bartwork\b",
    ),
    "text-to-video": (
        r"\bvideos?\b", r"\b{make} ~ (?:video|clip|animation)", r"\banimat|\bmovie\b|\bfilm\b|\bclip\b",
        r"\bvideo (?:of|about|based|that|showing|from)\b", r"\btext-to-video\b",
    ),
    "visual-question-answering": (
        r"\bquestions? ~ {image}\b", r"\b{image} ~ questions?\b", r"\bvisual question", r"\banswer ~ (?:based on|about|from|using) ~ {image}\b",
        r"\bwhat (?:color|colour|is|are|kind|type|objects?|animal)\b", r"\bis there\b|\bare there\b|\bhow many\b",
        r"\bin (?:the|this|that) {image}\b", r"\bquestion\b",
    ),
    "document-question-answering": (
        r"\bdocuments?\b", r"\bdocument {image}|{image} of (?:a|the|my) (?:\w+ )?document",
        r"\bscanned|\binvoice|\breceipt|\bcontract|\bform\b|\bpage\b|\breport\b", r"\bquestions? ~ document|document ~ questions?",
        r"\b(?:article|book|newspaper|paper|resume)\b",
    ),
    "image-segmentation": (
        r"\bsegment", r"\bregions?\b|\bsegments\b", r"\bseparat\w* ~ (?:objects?|background|{image})", r"\bisolat|\bmask|\bpixel",
        r"\b(?:different|individual|each|various|distinct) (?:objects?|parts?|elements?|components?)\b", r"\bforeground|\bbackground",
    ),
    "depth-estimation": (
        r"\bdepth", r"\bdistance|\bhow far|\bcloser?\b|\bclosest|\bfarthe|\bnear", r"\b3-?d\b",
    ),
    "text-to-speech": (
        r"\b{make} ~ (?:audio|speech|voice|voiceover)\b",
        r"\b(?:audio|voice|spoken|speech) (?:versions?|files?|outputs?|responses?|formats?|clips?|summary|explanation|message|description|form|representation)\b",
        r"\baloud|\bout loud", r"\b(?:listen|hear|narrat|speak|spoken|pronounc|voice-?over)\w*",
        r"\b(?:in|into|to|as) (?:an? |the )?(?:\w+ )?(?:audio|speech|voice|spoken)\b", r"\btext-to-speech\b|\btts\b",
        r"\bread ~ (?:to me|for me|it)\b", r"\baudio ~ (?:generated|created|of the (?:text|answer|summary|translation|description))",
    ),
    "automatic-speech-recognition": (
        r"\btranscri", r"\bspeech[- ](?:to[- ]text|recognition)", r"\b{audio} ~ (?:to|into|in) (?:\w+ )?text",
        r"\bwhat(?:'s| is)(?: being)? said|\bsaid\b", r"\bspoken\b", r"\bextract\w* ~ {audio}", r"\bunderstand ~ {audio}|\blisten",
        r"\b{audio} ~ (?:contain|ask|talk|describ|discuss|say|mention|speak)\w*", r"\b(?:text|written) (?:version|form|format)", r"\basr\b",
        r"\b(?:lecture|speech|interview|meeting|podcast|conversation|message)\b",
    ),
    "audio-to-audio": (
        r"\b{better} ~ (?:{audio}|quality)\b", r"\bnois", r"\b(?:remov|reduc)\w* ~ (?:noise|sounds?)",
        r"\b{audio} (?:quality|enhancement)|\bquality\b", r"\benhanced {audio}",
        r"\bseparat\w* ~ (?:voice|source|speaker|{audio})|\bisolat\w* ~ (?:voice|{audio})", r"\b{audio} ~ {better}", r"\baudio-to-audio\b",
        r"\bmodif\w* ~ {audio}|\b(?:volume|pitch|clarity)\b",
    ),
    "audio-classification": (
        r"\bclassif\w* ~ {audio}", r"\bemotion|\bmood\b|\bfeeling", r"\bgenre",
        r"\b(?:identify|recogni\w+|know|determin\w+|detect) ~ (?:speaker|command|sound|emotion|instrument|voice|animal|language)",
        r"\b(?:type|kind|category|class) of ~ (?:{audio}|noise|event)", r"\bcommands?\b", r"\b{audio} ~ (?:classif|categor)\w*", r"\bspeakers?\b",
        r"\bidentif\w*",
    ),
    "image-editing": (
        r"\bedit", r"\b(?:chang|alter)\w*", r"\bcolou?rs?\b", r"\breplac\w*|\bremov\w*|\badd(?:ing|ed)?\b", r"\bmodif\w*|\badjust\w*",
        r"\b(?:background|sky|brightness|contrast|saturation)\b", r"\bmake (?:the|it|all) ~ (?:red|blue|green|yellow|brighter|darker|black|white)\b",
        r"\b(?:instructions?|modifications?|edits|changes)\b", r"\b(?:red|blue|green|yellow|purple|pink|orange)\b",
    ),
}


_ENDING = r"(?:e|es|ed|ing|s|d|ion|ions|ation|ations|er)?"


def compiled(cue: str) -> re.Pattern[str]:
    """A cue as an expression, with its classes of words and its gaps filled in."""
    for name, words in _CLASSES.items():
        cue = cue.replace("{" + name + "}", words)
    return re.compile(cue.replace(" ~ ", r"(?:\s+[\w'-]+){0,4}?\s+"))


def _phrase(phrase: str) -> str:
    """A phrase of the task table with the endings its words may take: "read aloud", "reading aloud"."""
    words = [re.escape(word[:-1] if word.endswith("e") and len(word) > 3 else word) for word in phrase.split()]
    pattern = r"\b" + (_ENDING + r"\s+").join(words) + _ENDING + r"\b"
    return pattern.replace(rf"\s+\~{_ENDING}\s+", r"(?:\s+[\w'-]+){0,4}?\s+")


@lru_cache(maxsize=512)
def patterns(name: str, words: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The compiled cues of a task type: first its ``words`` in the task table, then those above."""
    phrases = [*words, name, name.replace("-", " ")]
    return (re.compile("|".join(map(_phrase, phrases))), *map(compiled, CUES.get(name, ())))
