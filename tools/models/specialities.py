"""What a model is special for, told by its name: nothing else on the Hub tells.

A filter of nude pictures is the most downloaded of all image classifiers, and no answer to "what is in this picture?".
So specialists rank behind the models for everything, and before them where a request names what they are for.
"""

import re
from collections.abc import Iterable, Mapping

Words = Mapping[str, str]  # a speciality by the name under which models are chosen, and the words that tell it

# What a classifier of texts classifies: also the values of that task's own slot ``aspect``
_ASPECTS: Words = {
    "sentiment": r"sentiment|sst-?2|finbert|polarity",
    "emotion": r"emotions?|go_emotions|goemotions",
    "language": r"language-detection|language-identification|langid|lang-detect",
    "toxicity": r"toxic\w*|hate\w*|offensive",
    "topic": r"topics?|news",
    "prompt injection": r"injection|jailbreak|prompt-?guard",
    "machine-written": r"(?:chat)?gpt-detector|openai-detector|ai-text",
}
_FACES: Words = {
    "age": r"age",
    "gender": r"gender",
    "face": r"faces?|facial|fairface|face-parsing",
    "emotion": r"emotions?|fer",
}
_MEDICAL: Words = {"medical": r"x-?ray|chest|skin|cancer|tumou?r|retina|mri|\w*medical|clinical|pathology|disease"}
_SPECIALITIES: Mapping[str, Words] = {
    "image-classification": {
        "nudity": r"nsfw|nude\w*|porn|adult",
        "fake": r"deepfake\w*|ai-image-detector|aiornot|ai-vs\w*|real-fake|sdxl-detector",
        "food": r"food\w*",
        "plant": r"plants?|flowers?|leaf|leaves",
        "document": r"rvlcdip|document\w*|doclaynet",
        "bird": r"birds?",
        "clothes": r"cloth\w*|fashion\w*",
        **_FACES,
        **_MEDICAL,
    },
    "image-segmentation": {
        "clothes": r"cloth\w*|fashion\w*",
        "background": r"rmbg|birefnet|u2net|isnet|background",
        "street": r"cityscapes|mapillary",
        **_FACES,
        **_MEDICAL,
    },
    "object-detection": {
        "table": r"table-(?:transformer|detection|structure\w*)",
        "face": r"faces?",
        "licence plate": r"plates?",
        "document": r"layout|doclaynet|document\w*",
        "clothes": r"cloth\w*|fashion\w*",
    },
    "token-classification": {
        "medical": r"biomedical|clinical|disease|drug|medical\w*",
        "personal": r"pii|privacy",
        "part of speech": r"pos|upos",
        "punctuation": r"punct\w*|fullstop",
    },
    "audio-classification": {
        "emotion": r"emotions?|ser",
        "gender": r"gender",
        "age": r"age",
        "language": r"lang-id|language|voxlingua\w*",
        "genre": r"genres?|gtzan",
        "command": r"ks|speech-commands|keyword\w*",
    },
    "image-to-text": {"formula": r"texify|latex|pix2tex|formula\w*", "manga": r"manga"},
    "summarization": {"medical": r"medical\w*|clinical|pubmed"},
}
_SIGNS: Mapping[str, str] = {  # how people ask for a speciality, where not by its name
    "nudity": r"nude|naked|nsfw|porn|safe for work|indecent|explicit",
    "fake": r"fake|ai.generated|real or",
    "age": r"\bage\b|how old",
    "gender": r"gender|\bman or\b|\bwoman or\b|\bsex\b",
    "face": r"\bfaces?\b",
    "emotion": r"emotion|mood|feel|facial expression",
    "plant": r"plant|flower|leaf|leaves|\btree",
    "background": r"background|cut ?out",
    "street": r"street|road|traffic",
    "personal": r"personal data|\bpii\b|anonymi[sz]e",
    "part of speech": r"parts? of speech|\bpos\b|nouns?\b|verbs?\b",
    "clothes": r"cloth|garment|dress|fashion|shirt",
    "licence plate": r"(?:licen[cs]e|number) plate",
    "medical": r"x-?ray|medical|disease|patient|tumou?r|\bskin\b|drug",
    "formula": r"formula|equation|latex",
    "command": r"command|keyword",
}


def of(model: str, task: str) -> tuple[str, ...]:
    """What a model of the task type is special for, as far as its name tells."""
    words = _ASPECTS if task == "text-classification" else _SPECIALITIES.get(task, {})
    name = model.lower()
    return tuple(
        speciality for speciality, signs in words.items() if re.search(rf"(?<![a-z])(?:{signs})(?![a-z])", name)
    )


def rank(task: str, aspects: Iterable[str], request: str) -> int:
    """0 for a specialist of what the request names, 1 for a model for everything, 2 for any other specialist."""
    special = [aspect for aspect in aspects if aspect in _SPECIALITIES.get(task, {})]
    if not special:
        return 1
    wanted = any(re.search(_SIGNS.get(aspect, rf"\b{re.escape(aspect)}"), request, re.I) for aspect in special)
    return 0 if wanted else 2
