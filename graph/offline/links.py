"""What speaks for a source of a slot: the features by which the sources are compared."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from graph.offline.layout import Layout, Source
from tools.tasks import Modality

_REFERS_BACK = re.compile(
    r"\b(?:its?|that|this|them|those|these|resulting|results?|output|obtained|generated|edited|modified|transformed"
    r"|enhanced|segmented|translated|summari[sz]ed|transcribed|extracted|classified|new|summary|transcript|translation"
    r"|description|caption|answer|version|cleaned?|same)\b"
)
_CONNECTIVES = re.compile(
    r"\b(?:then|based on|finally|also|and|from|using|with|after|before|as well|additionally|into|original|given|plus"
    r"|too|both|each|separately|in|the)\b|[,.]"
)


def features(layout: Layout, task: int, slot: str, modality: Modality, source: Source) -> list[str]:
    """What speaks for or against a source for a slot of a task."""
    name = layout.intents[task].type.name
    made = layout.producers(modality)
    before = sum(layout.rank[other] < layout.rank[task] for other in made)
    if source.kind == "task":
        signs = [*_of_task(layout, task, modality, source.task, made, before)]
    elif source.kind == "file":
        signs = [*_of_file(layout, task, modality, source), f"made {min(len(made), 3)}"]
    else:
        signs = [*_of_text(layout, task, source), f"files {min(len(layout.files), 2)}"]
    if source.kind != "task":
        signs += [f"before {min(before, 3)}", f"back {bool(_REFERS_BACK.search(layout.windows[task]))}"]
    return [f"{source.kind} {feature}" for feature in signs] + [
        f"{name}.{slot}: {source.kind} {feature}" for feature in signs
    ]


def _of_task(
    layout: Layout, task: int, modality: Modality, other: int, made: Sequence[int], before: int
) -> Iterator[str]:
    """Another task's output: the two types, their order and distance in the text, the words between them."""
    other_type = layout.intents[other].type
    gap = layout.rank[task] - layout.rank[other]
    forward = gap > 0
    step = max(-3, min(4, gap))
    yield other_type.name
    yield f"{other_type.name} {forward}"
    yield f"gap {step} {layout.tells(task) and layout.tells(other)}"
    yield f"gap {step} {modality}"
    yield f"file {any(file.modality == modality for file in layout.files)} {forward}"
    nearest = [candidate for candidate in made if layout.rank[candidate] < layout.rank[task]][-1:]
    yield f"nearest {other in nearest}" if before else "nearest none"
    back, lead = bool(_REFERS_BACK.search(layout.windows[task])), bool(_REFERS_BACK.search(layout.leads[task]))
    yield f"back {back} {lead} {forward}"
    if layout.tells(task) and layout.tells(other):
        sentences = layout.reading.sentence_number(layout.at[task]) - layout.reading.sentence_number(layout.at[other])
        yield f"sentences {max(-2, min(2, sentences))}"
    yield from (f"lead {word} {forward}" for word in set(_CONNECTIVES.findall(layout.leads[task])))
    yield from (f"window {word} {forward}" for word in set(_CONNECTIVES.findall(layout.windows[task])))


def _of_file(layout: Layout, task: int, modality: Modality, source: Source) -> Iterator[str]:
    """A file: where it is named, and whether the task is the first that could take it."""
    rivals = [file for file in layout.files if file.modality == modality]
    yield ""
    yield f"{modality} {source.modality == modality} {min(len(rivals), 3)}"
    yield f"number {min(rivals.index(source), 3) if source in rivals else -1}"
    yield f"first {all(layout.rank[task] <= layout.rank[other] for other in layout.consumers(modality))}"
    yield f"place {min(layout.rank[task], 3)} {layout.tells(task)}"
    said = {*re.findall(r"[a-z]{3,}", layout.leads[task] + layout.windows[task])}
    called = {*re.findall(r"[a-z]{3,}", PurePosixPath(source.value).stem.lower())}
    yield f"called {bool(said & called)} {len(rivals) > 1}"
    if source.start >= 0 and layout.tells(task):
        at = layout.at[task]
        yield f"same sentence {layout.reading.sentence_number(source.start) == layout.reading.sentence_number(at)}"
        yield f"same clause {layout.reading.clause(source.start) == layout.reading.clause(at)}"
        yield f"in window {at <= source.start <= at + len(layout.windows[task])}"
        yield f"nearest {bool(rivals) and min(rivals, key=lambda file: abs(file.start - at)) == source}"


def _of_text(layout: Layout, task: int, source: Source) -> Iterator[str]:
    """A text of the request: what it is, how long, how near, and what stands before it."""
    words = re.findall(r"\w+", source.value.lower())
    yield ""
    yield f"question {source.value.endswith('?')}"
    yield f"begins {words[0] if words else ''}"
    yield f"length {min(len(words) // 8, 3)}"
    yield f"quotes {min(len(layout.quotes), 2)} {min(len(layout.files), 2)}"
    rivals = layout.quotes if source.kind == "quote" else layout.questions
    if source not in rivals:
        return
    yield f"number {min(len(rivals), 3)} {min(rivals.index(source), 3)}"
    for word in re.findall(r"[a-z]+", layout.reading.masked[max(0, source.start - 30) : source.start])[-2:]:
        yield f"after {word}"
    if layout.tells(task):
        at = layout.at[task]
        yield f"in window {at <= source.start <= at + len(layout.windows[task]) + 2}"
        yield f"nearest {min(rivals, key=lambda text: abs(text.start - at)) == source}"
        yield f"same sentence {layout.reading.sentence_number(source.start) == layout.reading.sentence_number(at)}"
        earlier = [other for other in layout.consumers("text") if layout.at[other] <= source.start]
        yield f"mine {max(earlier, key=layout.at.__getitem__, default=-1) == task}"
