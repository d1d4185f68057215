"""What remote models answer, as outputs. Every function takes the answer and the call's inputs.

They raise KeyError, TypeError, ValueError and the like for an answer that is none, which means BadOutput.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from tools import findings
from tools.errors import BadOutput
from tools.files import codec, drawing
from tools.files.codec import shrunk
from tools.protocol import Output
from tools.thoughts import spoken as said

LONGEST = 1_000_000  # characters of a text; it goes into every checkpoint from then on
Inputs = Mapping[str, Any]
RawAnswer: TypeAlias = Any  # the client's dataclasses, JSON or bytes, checked by reading it


def labels(answer: RawAnswer, inputs: Inputs) -> Output:
    """Classes with scores; all of them where the user named the choice."""
    entries = _as_dicts(answer)
    if isinstance(entries, dict):  # one class alone, or two lists side by side as zero-shot pipelines write them
        names, scores = (
            (entries["labels"], entries["scores"]) if "labels" in entries else ([entries["label"]], [entries["score"]])
        )
        entries = [{"label": name, "score": score} for name, score in zip(names, scores, strict=True)]
    return findings.labelled(entries, top=len(inputs["labels"]) if inputs.get("labels") else 5)


def words(field: str) -> Callable[[RawAnswer, Inputs], Output]:
    """A text in the answer's field."""

    def read(answer: RawAnswer, _inputs: Inputs) -> Output:
        first = _first(answer)
        return _text(said(first if isinstance(first, str) else first[field]))

    return read


def reply(answer: RawAnswer, _inputs: Inputs) -> Output:
    """A chat model's answer."""
    message = answer.choices[0].message
    return _text(said(message.content or ""))


def spoken(answer: RawAnswer, _inputs: Inputs) -> Output:
    """What was said; silence is an answer too."""
    text = _as_dicts(answer)["text"].strip()
    return Output(text or "(nothing is said in it)", {"text": text})


def extracted(answer: RawAnswer, _inputs: Inputs) -> Output:
    """An answer with its score and place."""
    span = _first(answer)
    return Output(str(span["answer"]).strip(), {key: value for key, value in span.items() if value is not None})


def entities(answer: RawAnswer, _inputs: Inputs) -> Output:
    """Names and what they are: ``[{"entity_group", "word", "score", "start", "end"}]``."""
    spans = [{key: value for key, value in entry.items() if value is not None} for entry in _as_dicts(answer)]
    named = [f"{entry['word']} ({entry.get('entity_group') or entry['entity']})" for entry in spans]
    return Output(", ".join(named) or "no entities", spans)


def filled(answer: RawAnswer, _inputs: Inputs) -> Output:
    """The sentence with its likeliest word, and the other words."""
    guesses = _as_dicts(answer)
    data = [{"label": entry["token_str"].strip(), "score": round(float(entry["score"]), 4)} for entry in guesses]
    return Output(str(guesses[0]["sequence"]), data)


def similar(answer: RawAnswer, inputs: Inputs) -> Output:
    """How like each other text is, from -1 to 1."""
    data = [{"text": t, "score": round(float(s), 4)} for t, s in zip(inputs["others"], answer, strict=True)]
    return Output("; ".join(f"{entry['score']:.2f} {entry['text']}" for entry in data), data)


def ranked(answer: RawAnswer, inputs: Inputs) -> Output:
    """Texts, the best first, from ``[{"index", "score"}]``."""
    best = sorted(answer, key=lambda entry: -entry["score"])
    data = [{"text": inputs["texts"][e["index"]], "score": round(float(e["score"]), 4)} for e in best]
    return Output("\n".join(f"{place}. {entry['text']}" for place, entry in enumerate(data, 1)), data)


def embedded(answer: RawAnswer, _inputs: Inputs) -> Output:
    """A vector; of one a token or patch, the mean."""
    return findings.vector(np.asarray(answer, dtype=np.float32))


def classes(answer: RawAnswer, _inputs: Inputs) -> Output:
    """A class for every row of a table."""
    data = [str(value) for value in answer]
    return Output(", ".join(data), data)


def boxes(answer: RawAnswer, inputs: Inputs) -> Output:
    """Objects, counted and framed, at their places in the image as it was given."""
    by = shrunk(inputs["image"].size)
    detections = [
        {**entry, "box": {side: place * by for side, place in entry["box"].items()}} for entry in _as_dicts(answer)
    ]
    return findings.detected(inputs["image"], detections if by > 1 else _as_dicts(answer))


def masks(answer: RawAnswer, inputs: Inputs) -> Output:
    """Regions, counted and painted over the image."""
    regions = [{**entry, "mask": codec.image(entry["mask"])} for entry in map(_shallow, answer)]
    return findings.segmented(inputs["image"], regions)


def depth(answer: RawAnswer, inputs: Inputs) -> Output:
    """A depth map, near is bright; then the same in colour."""
    shades = _image(answer["depth"] if isinstance(answer, dict) else answer).convert("RGB")
    shades = shades.resize(inputs["image"].size)
    return Output("a depth map: near is bright, far is dark", media=(shades, drawing.heat(shades)))


def joints(answer: RawAnswer, inputs: Inputs) -> Output:
    """The joints of each person: ``[{"keypoints": [{"x", "y", "score"}]}]`` in pixels."""
    by = shrunk(inputs["image"].size)
    people = [[{**p, "x": p["x"] * by, "y": p["y"] * by} for p in person["keypoints"]] for person in answer]
    drawn = drawing.points(inputs["image"], people, joined=True)
    count = f"{len(people)} {'person' if len(people) == 1 else 'people'}"
    return Output(count, [{"keypoints": person} for person in people], (drawn,))


def picture(answer: RawAnswer, _inputs: Inputs) -> Output:
    """An image, in whichever form it came."""
    made = _image(answer).convert("RGB")
    return Output(f"{made.width}x{made.height} pixels", media=(made,))


def sound(answer: RawAnswer, _inputs: Inputs) -> Output:
    """Speech, music or noise."""
    made = codec.audio(_bytes(answer))
    return Output(f"{len(made.samples) / made.rate:.1f} s of sound", media=(made,))


def sounds(answer: RawAnswer, _inputs: Inputs) -> Output:
    """Several sounds, such as the voices of a recording."""
    made = [(entry.label, codec.audio(entry.blob)) for entry in answer]
    return Output(
        ", ".join(name for name, _ in made), [name for name, _ in made], tuple(recording for _, recording in made)
    )


def film(answer: RawAnswer, _inputs: Inputs) -> Output:
    """A video."""
    made = codec.video(_bytes(answer))
    return Output(f"{len(made.frames) / made.fps:.1f} s of video", media=(made,))


def _text(text: str) -> Output:
    if not text.strip():
        raise ValueError("an empty answer")
    if len(text) > LONGEST:
        raise BadOutput(f"The model gave {len(text):,} characters, and {LONGEST:,} are more than any task needs.")
    return Output(text.strip())


def _as_dicts(answer: RawAnswer) -> RawAnswer:
    """The client's dataclasses as dictionaries, and lists of them."""
    if isinstance(answer, list):
        return [_as_dicts(entry) for entry in answer]
    return asdict(answer) if is_dataclass(answer) and not isinstance(answer, type) else answer


def _shallow(entry: RawAnswer) -> dict[str, Any]:
    return dict(vars(entry)) if is_dataclass(entry) else dict(entry)


def _first(answer: RawAnswer) -> RawAnswer:
    listed = _as_dicts(answer)
    return listed[0] if isinstance(listed, Sequence) and not isinstance(listed, str) else listed


def _image(answer: RawAnswer) -> Image.Image:
    return codec.image(answer if isinstance(answer, Image.Image) else _bytes(answer))


def _bytes(answer: RawAnswer) -> bytes:
    """Media as themselves, or as JSON with one base64 text under the customary names."""
    if isinstance(answer, bytes) and answer[:1] in b"{[":
        answer = json.loads(answer)
    if isinstance(answer, bytes):
        return answer
    entry = _first(answer)
    text = entry if isinstance(entry, str) else next(entry[name] for name in _NAMES if name in entry)
    return base64.b64decode(text.rpartition(",")[2])


_NAMES = ("image", "generated_image", "audio", "generated_audio", "video", "blob", "depth")
