"""Each result as people like to see it: sliders for before and after, players, tables, and where it came from."""

import json
from pathlib import Path
from typing import Any

import gradio as gr

from app.page.bubbles import without_links
from app.page.conversations import Past
from app.page.visit import Visit
from app.page.words import Say
from graph.state import Result, Task
from tools.files.artifacts import record_of
from tools.files.places import exists, here
from tools.files.resources import modality

Boxes = list[tuple[Any, str]]  # ((left, top, right, bottom) in pixels, name), as Gradio annotates pictures


def show_results(past: Past, request: gr.Request) -> None:
    """One section for every result of the last request."""
    say = Visit.of(request, "", "").say
    tasks = {task.id: task for task in past.plan.tasks} if past.plan else {}
    for result in past.results:
        with gr.Column(elem_classes="result"):
            gr.Markdown(without_links(_heading(result, say)))
            if result.text:
                gr.Textbox(result.text, show_label=False, lines=1, max_lines=8, buttons=["copy"], container=False)
            given = _given(tasks.get(result.id))
            for path in result.files:
                _medium(path, given, _boxes(result.data), say)
            _data(result.data)
            for path in result.files:
                _provenance(path, say)


def _heading(result: Result, say: Say) -> str:
    model = f" · {result.choice.model} ({result.choice.backend})" if result.choice else ""
    reason = f": {result.error}" if result.error else ""
    cached = f", {say('from the cache')}" if result.cached else ""
    return f"**{result.id}. {result.task}**{model} · {say(result.status)}{cached}{reason}"


def _given(task: Task | None) -> str | None:
    """The picture that the task was given."""
    given = task.args.get("image") if task else None
    return str(here(given)) if isinstance(given, str) and exists(given) else None


def _boxes(data: object) -> Boxes:
    """What was found in a picture."""
    rows = [row for row in data if isinstance(row, dict) and "box" in row] if isinstance(data, list) else []
    corners = ("xmin", "ymin", "xmax", "ymax")
    return [(tuple(int(row["box"][corner]) for corner in corners), _name(row)) for row in rows]


def _name(row: dict[str, Any]) -> str:
    return f"{row.get('label', 'found')} {row['score']:.2f}" if "score" in row else str(row.get("label", "found"))


def _medium(path: str, given: str | None, boxes: Boxes, say: Say) -> None:
    name, kind = Path(path).name, modality(path)
    if not exists(path):
        gr.Markdown(say("The file {name} is no longer there.", name=name))
        return
    path = str(here(path))
    if kind == "image" and given and boxes:
        gr.AnnotatedImage((given, boxes), label=name, height=360)
    elif kind == "image" and given:
        gr.ImageSlider((given, path), label=say("Before and after: {name}", name=name), type="filepath", max_height=360)
    elif kind == "image":
        gr.Image(path, label=name, type="filepath", height=360)
    elif kind == "audio":
        gr.Audio(path, label=name, type="filepath")
    elif kind == "video":
        gr.Video(path, label=name, height=360)
    else:
        gr.File(path, label=name)


def _data(data: object) -> None:
    """Structured results: labels as bars, records as a table."""
    rows = [data] if isinstance(data, dict) else data
    if not (isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)):
        return
    if all(row.keys() == {"label", "score"} for row in rows):
        gr.Label({str(row["label"]): float(row["score"]) for row in rows}, show_label=False)
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    gr.Dataframe(cells, headers=names, interactive=False, wrap=True, show_label=False)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _provenance(path: str, say: Say) -> None:
    record = record_of(path)
    if exists(record):
        with gr.Accordion(say("How {name} was made", name=Path(path).name), open=False):
            # As text: in structured data Gradio would take what looks like a file for one of the server's own
            gr.Code(here(record).read_text(encoding="utf-8"), language="json", show_label=False)
    if exists(path):
        gr.DownloadButton(say("Download {name}", name=Path(path).name), here(path), size="sm")
