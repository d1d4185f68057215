"""What the services answer, task type by task type, and how they fail: for the server in hub.py."""

import base64
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from tools.files.artifacts import encode
from tools.protocol import Audio, Video

RED = Image.new("RGB", (8, 6), "red")
PNG = encode(RED)[1]
WAV = encode(Audio(np.sin(np.arange(800, dtype=np.float32) / 10), 8000))[1]
MP4 = encode(Video([Image.new("RGB", (32, 16), colour) for colour in ("red", "lime", "blue")], 8))[1]


@dataclass
class Reply:
    """What the server answers, ``after`` so many seconds."""

    body: Any = b""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


PNG_REPLY, WAV_REPLY, MP4_REPLY = (
    Reply(PNG, kind="image/png"),
    Reply(WAV, kind="audio/wav"),
    Reply(MP4, kind="video/mp4"),
)
_SCORES = [{"label": "cat", "score": 0.9}, {"label": "dog", "score": 0.1}]
_BOX = [{"label": "cat", "score": 0.9, "box": {"xmin": 1, "ymin": 1, "xmax": 5, "ymax": 4}}]
_MASK = base64.b64encode(encode(Image.new("L", (8, 6), 255))[1]).decode()
_ANSWER = {"answer": "in Berlin", "score": 0.8, "start": 8, "end": 17}


def _labels(request: dict[str, Any]) -> list[dict[str, Any]]:
    names = request["parameters"]["candidate_labels"]
    return [{"label": name, "score": round(1 / (place + 2), 3)} for place, name in enumerate(names)]


def _said(content: str | None, model: str = "thinker") -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    return {"id": "1", "created": 1, "model": model, "object": "chat.completion", "choices": [choice]}


def chat(request: dict[str, Any]) -> dict[str, Any]:
    content = request["messages"][-1]["content"]
    texts = [content] if isinstance(content, str) else [part["text"] for part in content if part["type"] == "text"]
    for part in content if isinstance(content, list) else []:
        if part["type"] == "image_url":
            Image.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].partition(",")[2]))).verify()
    thought = "<think>\nThey said something.\n</think>\n\n" if request["model"] == "thinker" else ""
    return _said(f"{thought}You said: {texts[-1]}", request["model"])


# What an inference endpoint of each task answers to a request it understood: JSON, or a reply with media.
ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "text-classification": lambda r: [[{"label": "POSITIVE", "score": 0.99}, {"label": "NEGATIVE", "score": 0.01}]],
    "token-classification": lambda r: [
        {"entity_group": "LOC", "word": "Berlin", "score": 0.99, "start": r["inputs"].index("Berlin"), "end": 17}
    ],
    "zero-shot-classification": _labels,
    "question-answering": lambda r: _ANSWER | {"answer": r["inputs"]["context"].split()[-1]},
    "table-question-answering": lambda r: {
        "answer": r["inputs"]["table"]["city"][0],
        "coordinates": [[0, 0]],
        "cells": ["Berlin"],
        "aggregator": "NONE",
    },
    "summarization": lambda r: [{"summary_text": r["inputs"][:12]}],
    "translation": lambda r: [{"translation_text": f"<{r['inputs']}>"}],
    "text-generation": lambda r: [{"generated_text": f"{r['inputs']} and more"}],
    "text2text-generation": lambda r: [{"generated_text": f"{r['inputs']} rewritten"}],
    "fill-mask": lambda r: [
        {
            "sequence": "Paris is a city",
            "token_str": " city",
            "token": 3,
            "score": 0.9 + 0 * r["inputs"].index("<mask>"),
        }
    ],
    "sentence-similarity": lambda r: [1 / (i + 1) for i, _ in enumerate(r["inputs"]["sentences"])],
    "text-ranking": lambda r: [{"index": i, "score": float(i)} for i, _ in enumerate(r["texts"])],
    "feature-extraction": lambda r: [[0.5] * 4 for _ in r["inputs"].split()],
    "tabular-classification": lambda r: ["yes" for _ in next(iter(r["table"].values()))],
    "image-classification": lambda r: _SCORES,
    "zero-shot-image-classification": _labels,
    "object-detection": lambda r: _BOX,
    "zero-shot-object-detection": lambda r: [_BOX[0] | {"label": r["parameters"]["candidate_labels"][0]}],
    "image-segmentation": lambda r: [{"label": "sky", "score": 0.9, "mask": _MASK}],
    "mask-generation": lambda r: [{"score": 0.9, "mask": _MASK}],
    "depth-estimation": lambda r: {"depth": _MASK},
    "keypoint-detection": lambda r: [{"keypoints": [{"x": float(i % 8), "y": 2.0, "score": 0.9} for i in range(17)]}],
    "image-to-text": lambda r: [{"generated_text": "a red square"}],
    "visual-question-answering": lambda r: [{"answer": f"answer to {r['question']}", "score": 0.7}],
    "document-question-answering": lambda r: [_ANSWER | {"answer": f"answer to {r['inputs']['question']}"}],
    "image-feature-extraction": lambda r: [[0.5] * 4] * 5,
    "image-to-image": lambda r: PNG_REPLY,
    "image-editing": lambda r: PNG_REPLY,
    "image-to-video": lambda r: MP4_REPLY,
    "text-to-image": lambda r: PNG_REPLY if r["inputs"] else Reply({"error": "empty"}, 422),
    "text-to-speech": lambda r: WAV_REPLY if r["inputs"] else Reply({"error": "empty"}, 422),
    "text-to-audio": lambda r: [{"generated_audio": base64.b64encode(WAV).decode()}],
    "automatic-speech-recognition": lambda r: {"text": " hello world"},
    "audio-to-audio": lambda r: [
        {"label": "clean", "content-type": "audio/wav", "blob": base64.b64encode(WAV).decode()}
    ],
    "audio-classification": lambda r: _SCORES,
    "zero-shot-audio-classification": _labels,
    "text-to-video": lambda r: MP4_REPLY,
    "video-classification": lambda r: _SCORES,
}
ANSWERS |= {f"{kind}-control": lambda r: PNG_REPLY for kind in ("canny", "hed", "mlsd", "normal", "openpose")}
ANSWERS |= {
    f"{kind}-text-to-image": lambda r: PNG_REPLY if r["parameters"]["image"] else Reply({"error": "no image"}, 422)
    for kind in ("canny", "hed", "mlsd", "normal", "openpose", "depth", "seg")
}

FAULTS: dict[str, Reply] = {
    "loading": Reply({"error": "Model acme/a is currently loading", "estimated_time": 20.0}, 503),
    "rate": Reply({"error": "Too many requests"}, 429, headers={"Retry-After": "7"}),
    "rate-by-date": Reply(
        {"error": "Too many requests"}, 429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    ),
    "rate-silent": Reply({"error": "Too many requests"}, 429),
    "rate-for-a-day": Reply({"error": "Too many requests"}, 429, headers={"Retry-After": "86400"}),
    "payment": Reply({"error": "You have exceeded your monthly included credits"}, 402),
    "key": Reply({"error": "Invalid credentials in Authorization header"}, 401),
    "gated": Reply({"error": "Access is restricted"}, 403, headers={"X-Error-Code": "GatedRepo"}),
    "missing": Reply({"error": "Not found"}, 404),
    "gone": Reply({"error": "The requested model is deprecated and no longer supported by provider"}, 410),
    "bad-input": Reply({"error": "inputs must be a string, not hf_secret"}, 422),
    "memory": Reply({"error": "CUDA out of memory. Tried to allocate 2 GiB"}, 500),
    "broken": Reply({"error": "Internal error"}, 500),
    "gateway": Reply(b"<html>504</html>", 504, "text/html"),
    "html": Reply(b"<html>hello</html>", kind="text/html"),
    "empty": Reply(b""),
    "null": Reply(None),
    "other-json": Reply({"surprise": True}),
    "other-list": Reply([]),
    "bytes": Reply(b"\xff\xfe\x00\x01", kind="application/octet-stream"),
    "slow": Reply([[{"label": "late", "score": 1.0}]], after=3),
    "cut": Reply([], headers={"Content-Length": "999"}),
    "huge": Reply(b"[" + b"0," * 9_000_000 + b"0]"),
    "wordy": Reply([{"generated_text": "word " * 250_000}]),
    "packed": Reply(gzip.compress(b" " * 2**24), headers={"Content-Encoding": "gzip"}),
    "deep": Reply(b"[" * 100_000 + b"]" * 100_000),
    "moved": Reply(b"", 307, headers={"Location": "http://localhost:9/task/text-classification"}),
    "thoughts-alone": Reply(_said("<think>Let me see. The user")),
    "no-words": Reply(_said(None)),
    "vast": Reply(encode(Image.new("1", (13000, 13000)))[1], kind="image/png"),
}
