"""Each result as people like to see it: sliders for before and after, players, tables, and where it came from."""

import json
from pathlib import Path

import gradio as gr

from app.page.conversations import Past
from graph.state import Result, Task
from tools.resources import modality


def show_results(past: Past) -> None:
    """One section for every result of the last request."""
    tasks = {task.id: task for task in past.plan.tasks} if past.plan else {}
    for result in past.results:
        with gr.Group():
            gr.Markdown(_heading(result), elem_classes="pad", sanitize_html=True)
            if result.text:
                gr.Textbox(result.text, show_label=False, lines=1, max_lines=8, buttons=["copy"])
            for path in result.files:
                _medium(path, _before(tasks.get(result.id), path))
            _table(result.data)
            for path in result.files:
                _provenance(path)


def _heading(result: Result) -> str:
    model = f" · {result.choice.model} ({result.choice.backend})" if result.choice else ""
    reason = f": {result.error}" if result.error else ""
    cached = ", from the cache" if result.cached else ""
    return f"**{result.id}. {result.task}**{model} · {result.status}{cached}{reason}"


def _before(task: Task | None, after: str) -> str | None:
    """The picture that the task was given, where it made a picture of a picture."""
    given = task.args.get("image") if task and modality(after) == "image" else None
    return given if isinstance(given, str) and Path(given).is_file() else None


def _medium(path: str, before: str | None) -> None:
    name = Path(path).name
    if not Path(path).is_file():
        gr.Markdown(f"The file {name} is no longer there.")
    elif before:
        gr.ImageSlider((before, path), label=f"Before and after: {name}", type="filepath", max_height=360)
    elif modality(path) == "image":
        gr.Image(path, label=name, type="filepath", height=360)
    elif modality(path) == "audio":
        gr.Audio(path, label=name, type="filepath")
    elif modality(path) == "video":
        gr.Video(path, label=name)
    else:
        gr.File(path, label=name)


def _table(data: object) -> None:
    """Structured results that are rows of plain values."""
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        names = list(dict.fromkeys(name for row in data for name in row))
        rows = [[_cell(row.get(name)) for name in names] for row in data]
        gr.Dataframe(rows, headers=names, interactive=False, wrap=True)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _provenance(path: str) -> None:
    record = Path(path).with_suffix(".json")
    if record.is_file():
        with gr.Accordion(f"How {Path(path).name} was made", open=False):
            gr.JSON(json.loads(record.read_text(encoding="utf-8")), show_label=False)
    if Path(path).is_file():
        gr.DownloadButton(f"Download {Path(path).name}", path, size="sm")
