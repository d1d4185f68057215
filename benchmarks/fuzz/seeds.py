"""Good input of every kind, made by code: what the fuzz damages."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from benchmarks.support import paperwork

PLANS = (
    '{"tasks": [{"image-to-text": {"image": "cat.png"}}, {"summarization": {"text": "<r0>"}}]}',
    '[{"task": "translation", "id": 0, "dep": [-1], "args": {"text": "A fine day.", "language": "German"}},'
    ' {"task": "text-to-speech", "id": 1, "dep": [0], "args": {"text": "<GENERATED>-0"}}]',
    '```json\n{"tasks": [{"task": "object-detection", "args": {"image": ["a.png", "b.png"]}, "after": [0]}]}\n```',
    '<think>Let me see.</think>{"reply": "Hello."} and {"question": "Which picture?"}',
    "{'tasks': [{'visual-question-answering': {'image': 'cat.png', 'question': 'What is it?'}},],}",
)
TOOL: dict[str, Any] = {
    "name": "find_books",
    "description": "Find books about a subject. Returns an image of each.",
    "schema": {
        "type": "object",
        "required": ["subject"],
        "properties": {
            "subject": {"type": "string", "description": "What about"},
            "cover_image": {"type": "string", "contentEncoding": "base64"},
            "limit": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}]},
            "filters": {"type": "array", "items": {"$ref": "#/$defs/Filter"}},
        },
        "$defs": {"Filter": {"type": "object", "properties": {"kind": {"enum": ["year", "author"]}}}},
    },
}
COMPONENT: dict[str, Any] = {
    "about": {
        "label": "Picture",
        "parameter_name": "picture",
        "parameter_has_default": False,
        "parameter_default": None,
        "type": {"type": "string", "description": "a file"},
        "python_type": {"type": "filepath", "description": ""},
        "component": "Image",
    },
    "component": {"type": "filepath", "file_count": "single", "choices": [["a", "a"]], "minimum": 0, "maximum": 9},
}
COMPONENTS = (
    "Image",
    "Audio",
    "Textbox",
    "Number",
    "Dropdown",
    "Gallery",
    "File",
    "JSON",
    "MultimodalTextbox",
    "Slider",
)
TYPES: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"type": "number"},
    {"type": "array", "items": {}},
    {"enum": ["a", "b"], "type": "string"},
    {"anyOf": [{"type": "string"}, {"type": "null"}]},
    {},
)
FORMS = {"/uploads", "/v1/audio/transcriptions"}  # routes that take files
BODIES: dict[str, Any] = {  # of every route that takes JSON
    "/hugginggpt": {"messages": [{"role": "user", "content": "Summarise: a fine day at the harbour."}]},
    "/tasks": {"messages": [{"role": "user", "content": "Translate 'a fine day' into German."}]},
    "/results": {"messages": [{"role": "user", "content": [{"type": "text", "text": "Is 'a fine day' positive?"}]}]},
    "/feedback": {"run_id": "a0a0a0a0-0000-4000-8000-000000000000", "score": 1, "comment": "fine"},
    "/v1/chat/completions": {
        "model": "hugginggpt",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Summarise: a fine day."}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
    },
    "/v1/responses": {
        "model": "hugginggpt",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Summarise: a fine day."}]}],
        "stream": False,
        "text": {"format": {"type": "text"}},
    },
    "/v1/embeddings": {"model": "x", "input": ["a fine day", "a grey day"], "encoding_format": "float"},
    "/v1/images/generations": {"prompt": "a cat", "n": 1, "size": "64x64", "response_format": "b64_json"},
    "/v1/audio/speech": {"model": "x", "input": "A fine day.", "voice": "alloy", "response_format": "wav"},
    "/mcp": {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}},
}


def _picture(kind: str, **options: Any) -> bytes:  # noqa: ANN401 - PIL's own
    held = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (24, 32, 3), np.uint8)
    Image.fromarray(noise).save(held, kind, **options)
    return held.getvalue()


def _sound(kind: str) -> bytes:
    held = io.BytesIO()
    soundfile.write(held, np.sin(np.arange(4000, dtype=np.float32) / 9)[:, None].repeat(2, 1), 8000, format=kind)
    return held.getvalue()


def _made(write: Callable[[Path], None], folder: Path, name: str) -> bytes:
    write(folder / name)
    return (folder / name).read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    """A small file of every format, by name."""
    second = [Image.new("RGB", (32, 24), "red")]
    made = {f"a.{kind}": _picture(kind) for kind in ("png", "bmp", "webp", "avif")}
    made |= {
        "a.jpg": _picture("jpeg", exif=Image.Exif()),
        "a.gif": _picture("gif", save_all=True, append_images=second),
    }
    made |= {"a.tif": _picture("tiff", save_all=True, append_images=second, compression="tiff_lzw")}
    made |= {f"a.{kind}": _sound(kind) for kind in ("wav", "flac", "ogg", "mp3")}
    made["a.mp4"] = _made(partial(paperwork.film, seconds=1), folder, "a.mp4")
    for kind in ("pdf", "docx", "odt", "pptx", "epub", "xlsx"):
        made[f"a.{kind}"] = _made(getattr(paperwork, kind), folder, f"a.{kind}")
    words = f"<html><body><h1>News</h1><p>{paperwork.LETTER}</p></body></html>"
    return made | {"a.html": words.encode(), "a.csv": paperwork.ORDERS.encode(), "a.txt": "Ein Tag.".encode("utf-16")}
