"""A plan as a graph whose nodes light up, and a timeline of what ran when: plain SVG and HTML.

Everything is built as an element tree, never as text, so that nothing a user or a model wrote can become markup.
"""

import time
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from app.page.words import Say
from app.progress import Row

SYMBOLS = {"waiting": "○", "queued": "◔", "running": "◑", "done": "●", "failed": "✕", "skipped": "-", "cancelled": "■"}
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 236, 62, 44, 16, 8  # of a node and between nodes, in SVG units
FITS = {"name": 30, "detail": 38}  # characters that fit a node's width

Rows = Mapping[int, Row]
Point = tuple[float, float]


def columns(rows: Rows) -> list[list[int]]:
    """Task ids by depth: a task stands one column to the right of the last task it depends on."""
    depth: dict[int, int] = {}
    for id_, row in rows.items():
        depth[id_] = 1 + max((depth[dep] for dep in row.task.dep if dep in depth), default=-1)
    return [[id_ for id_, d in depth.items() if d == level] for level in range(max(depth.values(), default=-1) + 1)]


def plan_graph(rows: Rows, say: Say) -> str:
    """The plan as SVG, left to right; each node shows its task, state, model and time. Empty without tasks."""
    if not rows:
        return ""
    levels = columns(rows)
    width = len(levels) * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN
    height = max((len(level) for level in levels), default=0) * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    svg = Element("svg", {"viewBox": f"0 0 {width} {height}", "width": str(width), "class": "plan", "role": "img"})
    SubElement(svg, "title").text = (
        say("The plan, {count} tasks", count=len(rows)) + ": " + ", ".join(_caption(row, say) for row in rows.values())
    )
    place = _places(levels, height)
    for id_, row in rows.items():
        for dep in set(row.task.dep) & set(place):
            _edge(svg, place[dep], place[id_])
    for id_, row in rows.items():
        _node(svg, place[id_], row, say)
    return tostring(svg, encoding="unicode")


def _caption(row: Row, say: Say) -> str:
    return f"{row.task.id} {row.task.task} {say(row.status)}"


def _places(levels: Sequence[Sequence[int]], height: int) -> dict[int, Point]:
    """The upper left corner of every node; each column is centred."""
    place: dict[int, Point] = {}
    for x, level in enumerate(levels):
        top = (height - len(level) * (HEIGHT + GAP_Y) + GAP_Y) / 2
        for y, id_ in enumerate(level):
            place[id_] = (MARGIN + x * (WIDTH + GAP_X), top + y * (HEIGHT + GAP_Y))
    return place


def _edge(svg: Element, start: Point, end: Point) -> None:
    x1, y1 = start[0] + WIDTH, start[1] + HEIGHT / 2
    x2, y2 = end[0], end[1] + HEIGHT / 2
    bend = (x2 - x1) / 2
    SubElement(svg, "path", {"d": f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}", "class": "edge"})


def _node(svg: Element, at: Point, row: Row, say: Say) -> None:
    group = SubElement(svg, "g", {"class": f"node {row.status}", "transform": f"translate({at[0]},{at[1]})"})
    SubElement(group, "title").text = f"{_caption(row, say)} {row.note}".strip()
    SubElement(group, "rect", {"width": str(WIDTH), "height": str(HEIGHT), "rx": "10"})
    _line(group, 22, "name", f"{SYMBOLS[row.status]} {row.task.id}. {row.task.task}")
    _line(group, 39, "detail", row.model)
    _line(group, 54, "detail", " · ".join(filter(None, [row.backend, _seconds(row), _step(row, say), row.note])))


def _line(group: Element, y: int, kind: str, text: str) -> None:
    shown = text if len(text) <= FITS[kind] else text[: FITS[kind] - 1] + "…"
    SubElement(group, "text", {"x": "12", "y": str(y), "class": kind}).text = shown


def _step(row: Row, say: Say) -> str:
    return say("step {step} of {steps}", step=row.step[0], steps=row.step[1]) if row.step else ""


def _seconds(row: Row) -> str:
    return "" if row.seconds is None else f"{row.seconds:.2f} s"


def timeline(rows: Rows, say: Say) -> str:
    """One bar a task on a common axis: what ran when, and how long."""
    table = Element("div", {"class": "timeline", "role": "list"})
    ran = [row for row in rows.values() if row.started is not None]
    begun = min((row.started or 0 for row in ran), default=0)
    span = max((_end(row) - begun for row in ran), default=0) or 1e-3
    for row in rows.values():
        line = SubElement(table, "div", {"class": "row", "role": "listitem"})
        SubElement(line, "span", {"class": "name"}).text = f"{row.task.id}. {row.task.task}"
        track = SubElement(line, "span", {"class": "track"})
        if row.started is not None:
            left, width = 100 * (row.started - begun) / span, 100 * (_end(row) - row.started) / span
            style = f"left:{left:.2f}%;width:{max(width, 0.6):.2f}%"
            SubElement(track, "span", {"class": f"bar {row.status}", "style": style})
        SubElement(line, "span", {"class": "time"}).text = _seconds(row) or say(row.status)
    return tostring(table, encoding="unicode", method="html")


def _end(row: Row) -> float:
    return row.ended if row.ended is not None else time.monotonic()
