"""The table of how each task type is asked of a remote model, and how the answer is read.

A route names the client's method for the task, or none where the client has no such method: then the payload is
posted to the user's own endpoint as JSON, ``{"inputs": ..., "parameters": {...}}``, media in base64. ``tag`` is
the pipeline tag under which the Hub lists the models that inference providers serve.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tools.backends.endpoint import answers
from tools.files import media
from tools.files.codec import base64_of, data_uri, encode, light
from tools.models.facts import Facts
from tools.protocol import Output

Inputs = Mapping[str, Any]
Value: TypeAlias = Any  # a text, a list of texts or a medium
MAX_TOKENS = 4096  # of a chat model's answer, with what it thinks before; none is paid for that is not used
PROMPTED_TOKENS = 1024  # of a text that goes on; servers' own limit, often 100, cuts every story


@dataclass(frozen=True)
class Route:
    """``ask`` makes the method's arguments, or the payload, from a call's inputs; ``read`` makes the output.

    ``refuse`` says why a model of the Hub cannot go this way, or None.
    """

    ask: Callable[[Inputs], dict[str, Any]]
    read: Callable[[Any, Inputs], Output]
    method: str | None = None
    tag: str | None = None
    refuse: Callable[[Facts], str | None] = lambda _facts: None

    @property
    def served_as(self) -> str | None:
        """The task under which inference providers serve what this way is asked."""
        if self.method is None:
            return None
        return "conversational" if self.method == "chat_completion" else self.method.replace("_", "-")


def _client(method: str, read: Callable[[Any, Inputs], Output], tag: str | None = None, **names: str) -> Route:
    """A client method whose arguments are slots; ``names`` maps an argument to a slot. Media are encoded."""

    def ask(inputs: Inputs) -> dict[str, Any]:
        return {name: _wire(slot, inputs[slot]) for name, slot in names.items() if inputs.get(slot) is not None}

    return Route(ask, read, method, tag or method.replace("_", "-"))


def _post(read: Callable[[Any, Inputs], Output], **names: str) -> Route:
    """A plain POST to an endpoint of one's own: the first slot is ``inputs``, the others are parameters."""

    def ask(inputs: Inputs) -> dict[str, Any]:
        filled = ((name, slot, inputs[slot]) for name, slot in names.items() if inputs.get(slot) is not None)
        first, *rest = ((name, _json(slot, value)) for name, slot, value in filled)
        return {first[0]: first[1]} | ({"parameters": dict(rest)} if rest else {})

    return Route(ask, read)


def _chat(prompt: Callable[[Inputs], str], tag: str = "text-generation") -> Route:
    """A chat model; where there is an image it sees it."""

    def ask(inputs: Inputs) -> dict[str, Any]:
        content: Any = prompt(inputs)
        if "image" in inputs:
            picture = {"type": "image_url", "image_url": {"url": data_uri(inputs["image"])}}
            content = [picture, {"type": "text", "text": content}]
        return {"messages": [{"role": "user", "content": content}], "max_tokens": MAX_TOKENS}

    return Route(ask, answers.reply, "chat_completion", tag)


def _wire(slot: str, value: Value) -> Value:
    """A text as it is, and a medium as bytes: a film is the path of one."""
    return light(value) if slot in _MEDIA else value


def _json(slot: str, value: Value) -> Value:
    return base64_of(light(value)) if slot in _MEDIA else value


def _table(inputs: Inputs) -> dict[str, list[str]]:
    return media.table(Path(inputs["table"]))


def _given(slot: str) -> Callable[[Inputs], str]:
    return lambda inputs: str(inputs[slot])


def _translate(inputs: Inputs) -> str:
    return f"Translate this into {inputs.get('language') or 'English'}. Give the translation only.\n\n{inputs['text']}"


def translates_into(model: str) -> str | None:
    """The code of the one language that a translator for a pair of languages gives, told by its name."""
    pair = re.search(r"opus-mt-[a-z]{2,3}-([a-z]{2,3})$", model)
    return pair[1] if pair else None


def _pair_only(facts: Facts) -> str | None:
    """A translator for one pair of languages needs not be told which; any other does, and its API cannot say it."""
    chosen = "the language to translate into cannot be chosen through an inference provider"
    return None if translates_into(facts.model) else chosen


_MEDIA = {"image", "audio", "video"}
_READ_IMAGE = "Describe this image, and quote any text that is printed in it."
_CHAT_IMAGE = _chat(_given("question"), "image-text-to-text")
_TEXT_CHAT = _chat(_given("text"))
_generated = answers.words("generated_text")
_PROMPTED = Route(
    lambda inputs: {"prompt": inputs["text"], "max_new_tokens": PROMPTED_TOKENS}, _generated, "text_generation"
)
_CLASSES = Route(
    lambda inputs: {"table": _table(inputs)}, answers.classes, "tabular_classification", "tabular-classification"
)
_CONTROL = _post(answers.picture, inputs="image")
_CONTROLLED = _post(answers.picture, inputs="text", image="image")
_KINDS = ("canny", "hed", "mlsd", "normal", "openpose")

# The first route of a task is also the way to an endpoint of one's own.
ROUTES: dict[str, tuple[Route, ...]] = {
    "text-classification": (_client("text_classification", answers.labels, text="text"),),
    "token-classification": (_client("token_classification", answers.entities, text="text"),),
    "zero-shot-classification": (
        _post(answers.labels, inputs="text", candidate_labels="labels"),  # endpoints answer as the client does not read
        _client("zero_shot_classification", answers.labels, text="text", candidate_labels="labels"),
    ),
    "question-answering": (_client("question_answering", answers.extracted, question="question", context="context"),),
    "table-question-answering": (
        Route(
            lambda inputs: {"table": _table(inputs), "query": inputs["question"]},
            answers.extracted,
            "table_question_answering",
            "table-question-answering",
        ),
    ),
    "summarization": (_client("summarization", answers.words("summary_text"), text="text"),),
    "translation": (
        Route(
            lambda inputs: {"text": inputs["text"]},
            answers.words("translation_text"),
            "translation",
            "translation",
            _pair_only,
        ),
        _chat(_translate),
    ),
    "text2text-generation": (_PROMPTED, _TEXT_CHAT),
    "text-generation": (_PROMPTED, _TEXT_CHAT),
    "conversational": (_TEXT_CHAT,),
    "fill-mask": (_client("fill_mask", answers.filled, text="text"),),
    "sentence-similarity": (
        _client("sentence_similarity", answers.similar, sentence="text", other_sentences="others"),
    ),
    "text-ranking": (Route(lambda inputs: {"query": inputs["query"], "texts": list(inputs["texts"])}, answers.ranked),),
    "feature-extraction": (_client("feature_extraction", answers.embedded, text="text"),),
    "tabular-classification": (_CLASSES,),
    "image-classification": (_client("image_classification", answers.labels, image="image"),),
    "zero-shot-image-classification": (
        _client("zero_shot_image_classification", answers.labels, image="image", candidate_labels="labels"),
    ),
    "object-detection": (_client("object_detection", answers.boxes, image="image"),),
    "zero-shot-object-detection": (_post(answers.boxes, inputs="image", candidate_labels="labels"),),
    "image-segmentation": (_client("image_segmentation", answers.masks, image="image"),),
    "mask-generation": (_post(answers.masks, inputs="image"),),
    "depth-estimation": (_post(answers.depth, inputs="image"),),
    "keypoint-detection": (_post(answers.joints, inputs="image"),),
    "image-to-text": (
        _client("image_to_text", _generated, image="image"),
        _chat(lambda _inputs: _READ_IMAGE, "image-text-to-text"),
    ),
    "image-text-to-text": (_chat(_given("text"), "image-text-to-text"),),
    "visual-question-answering": (
        _client("visual_question_answering", answers.extracted, image="image", question="question"),
        _CHAT_IMAGE,
    ),
    "document-question-answering": (
        _client("document_question_answering", answers.extracted, image="image", question="question"),
        _CHAT_IMAGE,
    ),
    "image-feature-extraction": (_post(answers.embedded, inputs="image"),),
    "image-to-image": (_client("image_to_image", answers.picture, image="image", prompt="text"),),
    "image-editing": (_client("image_to_image", answers.picture, image="image", prompt="text"),),
    "image-to-video": (
        _post(answers.film, inputs="image", prompt="text"),  # the client sends no videos' requests to a URL
        _client("image_to_video", answers.film, image="image", prompt="text"),
    ),
    "text-to-image": (_client("text_to_image", answers.picture, prompt="text"),),
    "text-to-speech": (_client("text_to_speech", answers.sound, text="text"),),
    "text-to-audio": (_post(answers.sound, inputs="text"),),
    "automatic-speech-recognition": (_client("automatic_speech_recognition", answers.spoken, audio="audio"),),
    "audio-to-audio": (  # sound whose answer is sound goes as it is: nothing of it may be lost
        Route(lambda inputs: {"audio": encode(inputs["audio"])}, answers.sounds, "audio_to_audio", "audio-to-audio"),
    ),
    "audio-classification": (_client("audio_classification", answers.labels, audio="audio"),),
    "zero-shot-audio-classification": (_post(answers.labels, inputs="audio", candidate_labels="labels"),),
    "text-to-video": (_post(answers.film, inputs="text"), _client("text_to_video", answers.film, prompt="text")),
    "video-classification": (_post(answers.labels, inputs="video"),),
    **{f"{kind}-control": (_CONTROL,) for kind in _KINDS},
    **{f"{kind}-text-to-image": (_CONTROLLED,) for kind in (*_KINDS, "depth", "seg")},
}
