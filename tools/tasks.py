"""The task table: every Hugging Face task type that can be planned, one row each.

A row says what a task is for, what it takes, what it gives, and which words ask for it. Planners,
tools, validators and documentation all read this table; adding a task type is adding a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Modality = Literal["text", "image", "audio", "video", "table"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)


@dataclass(frozen=True)
class Slot:
    """One argument of a task. ``many`` takes a list; any other slot takes exactly one value.

    ``schema`` is the JSON schema of each value of a text slot, where not any text will do: see ``tools.values``.
    """

    name: str
    modality: Modality
    required: bool = True
    many: bool = False
    note: str = ""
    schema: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class TaskType:
    """One row. ``outputs`` names what a later task can take from it, the main one first.

    ``words`` are the phrases by which people ask for the task, in lower case.
    ``deterministic`` results may be reused for the same model, inputs and parameters.
    ``title`` names the result in an answer.
    What ``effects`` may change something outside: only added tools do, unless they are known to read alone.
    """

    name: str
    purpose: str
    slots: tuple[Slot, ...]
    outputs: tuple[Modality, ...]
    words: tuple[str, ...] = ()
    deterministic: bool = True
    title: str = ""
    effects: bool = False

    @property
    def required(self) -> tuple[Slot, ...]:
        """The slots that must be filled before the task can run."""
        return tuple(slot for slot in self.slots if slot.required)

    def slot(self, name: str) -> Slot | None:
        """The slot of that name, or None."""
        return next((slot for slot in self.slots if slot.name == name), None)


def _text(name: str = "text", note: str = "", *, required: bool = True, many: bool = False) -> Slot:
    return Slot(name, "text", required, many, note)


_TEXT, _IMAGE, _AUDIO, _VIDEO = _text(), Slot("image", "image"), Slot("audio", "audio"), Slot("video", "video")
_QUESTION = _text("question")
_LABELS = _text("labels", "the classes to choose among", many=True)
_CHANGE = _text(note="the changes to make, and the format to save as", required=False)
_PAGES = _text("pages", "which pages of it: 2, 1-3 or last; all without it", required=False)
_LENGTH = _text("length", "how long: a number of sentences or bullets, such as 2 sentences", required=False)
_MANNER = _text("manner", "how it sounds and is saved: slow, fast, male, female, as mp3", required=False)
_LANGUAGE = _text("language", "of the result, such as German or de", required=False)
_ASPECT = _text("aspect", "what to classify: sentiment, language, topic, emotion, toxicity", required=False)
_PROMPT_OPTIONAL = _text(note="what to aim for", required=False)


def _control(kind: str, what: str, *words: str) -> TaskType:
    title = what.removeprefix("the ").partition(" (")[0].capitalize()
    return TaskType(f"{kind}-control", f"draw {what} of an image", (_IMAGE,), ("image",), words, title=title)


def _controlled(kind: str, what: str, *words: str) -> TaskType:
    purpose = f"generate an image from text that follows {what}"
    control = Slot("image", "image", note=f"{what}, as {kind}-control draws it" if kind not in {"depth", "seg"} else what)
    return TaskType(f"{kind}-text-to-image", purpose, (_TEXT, control), ("image",), words, deterministic=False, title="Image")


_ROWS: tuple[TaskType, ...] = (
    # Text
    TaskType("text-classification", "label a text: its sentiment, its language, its topic", (_TEXT, _ASPECT), ("text",),
             ("sentiment", "tone", "positive", "negative", "which language", "what language", "the language", "its language", "language of", "classify the text", "emotion", "mood", "spam", "toxicity"), title="Label"),
    TaskType("token-classification", "find names, places, dates or parts of speech in a text", (_TEXT,), ("text",),
             ("named entities", "entities", "part of speech", "pos tags", "tag the words", "names and places", "ner"), title="Names"),
    TaskType("zero-shot-classification", "choose among labels that the user names", (_TEXT, _LABELS), ("text",),
             ("classify as", "which of these labels", "categorise into"), title="Label"),
    TaskType("question-answering", "answer a question from a given text", (_QUESTION, _text("context", "the text that holds the answer")), ("text",),
             ("answer the question", "according to the text", "question"), title="Answer"),
    TaskType("table-question-answering", "answer a question about a table", (_QUESTION, Slot("table", "table")), ("text",),
             ("in the table", "from the table", "about the table", "from the csv", "in the csv", "spreadsheet"), title="Answer"),
    TaskType("text-extraction", "show the words of a document, or of some of its pages", (_TEXT, _PAGES), ("text",),
             ("read page", "read pages", "read all pages", "read the document", "read these slides", "what does page", "what is on page", "the text of page", "extract the text of", "full text"), title="Text"),
    TaskType("summarization", "shorten a text and keep what matters", (_TEXT, _LENGTH), ("text",),
             ("summarize", "summarise", "summary", "sum up", "shorten", "tl;dr", "key points", "condense", "brief"), title="Summary"),
    TaskType("translation", "translate a text into another language", (_TEXT, _LANGUAGE), ("text",),
             ("translate", "translation", "into french", "into german", "into english", "in spanish"), title="Translation"),
    TaskType("text2text-generation", "rewrite a text as instructed", (_TEXT,), ("text",),
             ("rewrite", "paraphrase", "correct the grammar", "simplify", "rephrase"), deterministic=False, title="Rewritten"),
    TaskType("text-generation", "write or continue a text from a prompt", (_TEXT,), ("text",),
             ("write", "generate text", "continue", "story", "poem", "compose", "draft", "article"), deterministic=False, title="Text"),
    TaskType("conversational", "reply to a message", (_TEXT,), ("text",),
             ("chat", "reply", "respond to", "conversation", "talk about", "dialogue"), deterministic=False, title="Reply"),
    TaskType("fill-mask", "fill the [MASK] in a sentence", (_TEXT,), ("text",), ("fill in the blank", "fill the mask", "missing word"), title="Filled in"),
    TaskType("sentence-similarity", "say how alike texts are", (_TEXT, _text("others", "the texts to compare with", many=True)), ("text",),
             ("similar", "similarity", "how alike", "compare the sentences", "same meaning"), title="Similarity"),
    TaskType("text-ranking", "rank texts by how well they answer a query", (_text("query"), _text("texts", many=True)), ("text",),
             ("rank", "most relevant", "rerank"), title="Ranking"),
    TaskType("feature-extraction", "turn a text into an embedding vector", (_TEXT,), ("text",), ("embedding", "embed the text", "feature vector"), title="Embedding"),
    TaskType("tabular-classification", "classify the rows of a table", (Slot("table", "table"),), ("text",),
             ("classify the rows", "tabular", "classify the table", "predict from the table"), title="Classes"),
    # Image in
    TaskType("image-classification", "name what an image shows as one class", (_IMAGE,), ("text",),
             ("classify the image", "what kind of", "what breed", "image class", "categorise the image"), title="Class"),
    TaskType("zero-shot-image-classification", "choose among labels for an image", (_IMAGE, _LABELS), ("text",),
             ("which of these does the image show", "label the image as"), title="Label"),
    TaskType("object-detection", "find objects in an image, with boxes", (_IMAGE,), ("text", "image"),
             ("detect", "objects", "how many", "count", "locate", "find the faces", "faces", "bounding boxes", "where are"), title="Objects"),
    TaskType("zero-shot-object-detection", "find named things in an image, with boxes", (_IMAGE, _LABELS), ("text", "image"),
             ("find every", "locate the", "detect all"), title="Objects"),
    TaskType("image-segmentation", "divide an image into labelled regions", (_IMAGE,), ("image", "text"),
             ("segment", "segmentation", "regions", "mask of", "cut out", "outline the objects"), title="Regions"),
    TaskType("mask-generation", "outline everything in an image without labels", (_IMAGE,), ("image", "text"),
             ("segment anything", "all masks", "every region"), title="Regions"),
    TaskType("depth-estimation", "estimate how far each point of an image is", (_IMAGE,), ("image",),
             ("depth", "depth map", "how far", "distance"), title="Depth"),
    TaskType("keypoint-detection", "find the joints of people in an image", (_IMAGE,), ("text", "image"),
             ("keypoints", "joints", "body parts", "landmarks"), title="Joints"),
    TaskType("image-to-text", "describe an image, or read the text printed in it", (_IMAGE,), ("text",),
             ("caption", "describe", "read", "ocr", "extract the text", "what does it say", "printed text", "what is in the picture", "transcribe the image"), title="Text"),
    TaskType("image-text-to-text", "follow an instruction about an image", (_IMAGE, _TEXT), ("text",),
             ("look at the image and", "explain the picture"), title="Reply"),
    TaskType("visual-question-answering", "answer a question about an image", (_IMAGE, _QUESTION), ("text",),
             ("in the image", "in the picture", "what colour is", "is there a", "question about the image"), title="Answer"),
    TaskType("document-question-answering", "answer a question about a scanned document", (_IMAGE, _QUESTION), ("text",),
             ("in the document", "invoice", "receipt", "on the form", "scanned", "total amount"), title="Answer"),
    TaskType("image-feature-extraction", "turn an image into an embedding vector", (_IMAGE,), ("text",), ("image embedding", "image features"), title="Embedding"),
    TaskType("image-to-image", "transform an image: restyle, enhance, enlarge, restore", (_IMAGE, _PROMPT_OPTIONAL), ("image",),
             ("enhance", "upscale", "super-resolution", "restyle", "look like", "improve the image", "denoise the image", "sharpen", "in the style of", "restore"),
             deterministic=False, title="Changed image"),
    TaskType("image-editing", "change an image as an instruction says", (_IMAGE, _text(note="the change to make")), ("image",),
             ("edit", "replace the", "change the colour", "remove the", "add a", "modify the image", "change the background"), deterministic=False, title="Edited image"),
    TaskType("image-to-video", "bring an image to life as a short video", (_IMAGE, _PROMPT_OPTIONAL), ("video",), ("animate", "bring to life"), deterministic=False, title="Video"),
    # Image out
    TaskType("text-to-image", "generate an image from a description", (_TEXT,), ("image",),
             ("draw", "paint", "generate an image", "create an image", "picture of", "illustration", "visualise", "visualize"), deterministic=False, title="Image"),
    _control("canny", "the edges (Canny)", "edges", "canny", "outlines", "outline it", "edge map", "contours"),
    _control("hed", "the soft edges (HED)", "hed", "soft edges", "sketch", "holistic edges"),
    _control("mlsd", "the straight lines (M-LSD)", "straight lines", "mlsd", "line segments"),
    _control("normal", "the surface normals", "normal map", "surface normals"),
    _control("openpose", "the human poses (OpenPose)", "pose", "openpose", "skeleton", "stance", "posture"),
    _controlled("canny", "an edge map", "from these edges", "following the edges"),
    _controlled("hed", "a soft-edge map", "from this sketch"),
    _controlled("mlsd", "a line map", "from these lines"),
    _controlled("normal", "a normal map", "from this normal map"),
    _controlled("openpose", "a pose", "in the same pose", "in this pose", "with the pose of"),
    _controlled("depth", "a depth map", "from this depth map", "with the same depth"),
    _controlled("seg", "a segmentation map", "from this segmentation", "with the same layout"),
    TaskType("image-facts", "say how large an image is", (_IMAGE,), ("text",),
             ("how many pixels", "what size is the picture", "how large is the picture", "dimensions of the picture", "resolution of the picture"), title="Facts"),
    # Audio and video
    TaskType("text-to-speech", "speak a text", (_TEXT, _LANGUAGE, _MANNER), ("audio",),
             ("read aloud", "aloud", "speak", "say aloud", "out loud", "voice", "text to speech", "spoken", "narrate", "pronounce", "audio version"), title="Speech"),
    TaskType("text-to-audio", "make music or sound from a description", (_TEXT,), ("audio",),
             ("music", "sound effect", "melody", "soundtrack", "song"), deterministic=False, title="Sound"),
    TaskType("automatic-speech-recognition", "write down what is said in a recording", (_AUDIO,), ("text",),
             ("transcribe", "transcript", "transcription", "speech recognition", "what is said", "speech to text", "subtitles"), title="Transcript"),
    TaskType("audio-to-audio", "clean or change a recording: noise, loudness, speed, length, format", (_AUDIO, _CHANGE), ("audio",),
             ("louder", "quieter", "faster", "slower", "trim the recording", "keep the first", "remove the noise", "denoise", "clean the audio", "enhance the audio", "noise", "separate the voices", "reduce the background noise"), title="Recording"),
    TaskType("audio-classification", "label a recording: command, emotion, speaker, sound", (_AUDIO,), ("text",),
             ("classify the audio", "what sound", "which instrument", "emotion of the speaker", "genre", "classify the recording"), title="Class"),
    TaskType("zero-shot-audio-classification", "choose among labels for a recording", (_AUDIO, _LABELS), ("text",), ("label the sound as",), title="Label"),
    TaskType("text-to-video", "generate a short video from a description", (_TEXT,), ("video",),
             ("video of", "generate a video", "create a video", "make a video", "clip", "film"), deterministic=False, title="Video"),
    TaskType("audio-facts", "say how long and how loud a recording is", (_AUDIO,), ("text",),
             ("how long is this recording", "how long is the recording", "length of the recording", "duration of the recording", "sample rate"), title="Facts"),
    TaskType("video-facts", "say how long a video is, and how large its pictures are", (_VIDEO,), ("text",),
             ("how long is this film", "how long is the film", "how long is the video", "how long is this video", "length of the video", "duration of the video", "frame rate"), title="Facts"),
    TaskType("video-to-audio", "take the sound out of a video", (_VIDEO, _MANNER), ("audio",),
             ("extract the sound", "extract the audio", "sound of the video", "audio of the video", "sound track", "soundtrack of the video"), title="Sound"),
    TaskType("video-to-image", "take one picture out of a video", (_VIDEO, _text(note="the time of the picture, such as 2.5 seconds", required=False)), ("image",),
             ("frame at", "the frame", "picture at", "still from", "screenshot of the video", "thumbnail of the video"), title="Picture"),
    TaskType("video-classification", "name what happens in a video", (_VIDEO,), ("text",),
             ("classify the video", "what happens in the video", "action in the video"), title="Class"),
)

TASKS: dict[str, TaskType] = {row.name: row for row in _ROWS}
