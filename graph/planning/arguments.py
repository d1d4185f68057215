"""Sorts the arguments of a task into its slots, and gives every slot values of its modality."""

import re
from collections.abc import Mapping

from graph.binding import REFERENCE, references
from graph.planning import names
from graph.planning.files import Files, looks_like_file, takes
from graph.planning.steps import Findings, Step
from tools.files.resources import modality
from tools.tasks import Modality, Slot, TaskType
from tools.values import Schema, choices, closed, verbatim
from tools.values import read as read_value

_ONLY_REFERENCES = re.compile(r"(?:<resource-\d+>(?:[\s,;+&]|and)*)+")
_READERS: dict[Modality, str] = {"image": "image-to-text", "audio": "automatic-speech-recognition"}


class Filler:
    """Fills the slots of the steps of one plan; a step that turns a picture or a recording into text may be added."""

    def __init__(
        self, steps: dict[int, Step], files: Files, offered: Mapping[str, TaskType], findings: Findings
    ) -> None:
        self.steps, self._files, self._offered, self._findings = steps, files, offered, findings
        self._readers: dict[str, int] = {}

    def fill(self, step: Step) -> None:
        """Sort, check and complete the arguments of a step."""
        step.args = self._sorted(step)
        for slot in step.row.slots:
            if slot.name in step.args:
                meant = [value for item in step.args[slot.name] for value in self._values(step, slot, item)]
                step.args[slot.name] = list(dict.fromkeys(meant))
            if slot.required and not step.args.get(slot.name):
                step.args[slot.name] = self._lacking(step, slot)
        step.args = {name: values for name, values in step.args.items() if values}

    def _sorted(self, step: Step) -> dict[str, list[str]]:
        """The arguments by slot: by their names, and what no name tells by modality."""
        slots = {slot.name: slot for slot in step.row.slots}
        args: dict[str, list[str]] = {}
        others = []
        for name, values in step.args.items():
            target = names.slot(name, slots)
            if target and target not in args:
                args[target] = values
            else:
                others.append((name, values))
        for name, values in others:
            if (place := self._place(step.row, args, values[0])) is None:
                self._findings.note(f"{step.row.name} takes no {name!r}; it was left out.")
            else:
                args[place] = args.get(place, []) + values
        return args

    def _place(self, row: TaskType, args: Mapping[str, list[str]], value: str) -> str | None:
        """The slot for a value: the first free one of its modality, or the media slot that is to take several.

        No option, such as a length, takes what another name was given for.
        """
        fitting = [slot for slot in row.slots if self._fits(slot, value)]
        options = [slot for slot in fitting if slot.modality == "text" != slot.name and not slot.required]
        free = [slot for slot in fitting if slot.name not in args and slot not in options]
        several = [slot for slot in fitting if slot.modality != "text"]
        return next((slot.name for slot in [*sorted(free, key=lambda slot: not slot.required), *several]), None)

    def _fits(self, slot: Slot, value: str) -> bool:
        made = [row.outputs for id_ in references(value) if (row := self._row(id_))]
        if made:
            return slot.modality in made[0]
        path = self._files.find(value)
        return takes(slot.modality, modality(path)) if path else slot.modality == "text"

    def _values(self, step: Step, slot: Slot, value: str) -> list[str]:
        """What a slot is really given for a value as it was written."""
        if slot.schema is not None and closed(slot.schema) and not references(value):
            return self._exact(step, slot, slot.schema, value)
        if slot.schema is not None and verbatim(slot.schema) and not references(value):  # a link, or what it led to
            return [self._files.find(value) or value]
        if slot.modality == "text":
            return self._texts(step, slot, value)
        if ids := REFERENCE.findall(value):
            return [f"<resource-{id_}>" for id_ in ids if self._makes(step, slot, int(id_))]
        parts = [value] if self._files.find(value) else [part for part in re.split(r"\s*[,;]\s*", value) if part]
        paths = [path for part in parts if (path := self._files.find(part))]
        if len(paths) < len(parts) or not parts:
            return self._never_given(step, slot, value)
        if wrong := [path for path in paths if not takes(slot.modality, modality(path))]:
            what = f"{self._files.name(wrong[0])} is {modality(wrong[0])}, but {slot.name!r} takes {slot.modality}"
            self._findings.fault(step.id, what, step.row.name)
        return paths

    def _exact(self, step: Step, slot: Slot, schema: Schema, value: str) -> list[str]:
        """A value that fits the slot's schema, a choice as the schema spells it; complains of any other."""
        try:
            fitting = read_value(value, schema)
        except ValueError as error:
            self._findings.fault(step.id, f"{slot.name!r}: {error}", step.row.name)
            return [value]
        return [str(fitting) if fitting in choices(schema) else value]

    def _makes(self, step: Step, slot: Slot, id_: int) -> bool:
        """Whether the task referred to makes what the slot takes; complains if not."""
        row = self._row(id_)
        if row is None or any(takes(slot.modality, made) for made in row.outputs):
            return True
        what = f"task {id_} ({row.name}) makes {' and '.join(row.outputs)}, but {slot.name!r} takes {slot.modality}"
        self._findings.fault(step.id, what, step.row.name)
        return False

    def _texts(self, step: Step, slot: Slot, value: str) -> list[str]:
        """A text with its references to what has words; a file that holds text; a picture's or recording's words."""
        path = self._files.find(value)
        if path and takes("text", modality(path)):
            return [path]
        if path:
            return self._read(step, slot, path, modality(path))
        if not references(value) and looks_like_file(value):
            return self._never_given(step, slot, value)
        for id_ in references(value):
            row = self._row(id_)
            if row and "text" not in row.outputs:
                read = self._read(step, slot, f"<resource-{id_}>", row.outputs[0])
                value = value.replace(f"<resource-{id_}>", "".join(read))
        return _split(value) if slot.many else [value]

    def _read(self, step: Step, slot: Slot, source: str, kind: Modality) -> list[str]:
        """A reference to the words in a picture or recording, by a step that is added once for each."""
        row = self._offered.get(_READERS.get(kind, ""))
        if row is None:
            what = f"{source} is {kind}, but {slot.name!r} takes text"
            self._findings.fault(step.id, what, step.row.name)
            return []
        if source not in self._readers:
            id_ = max(self.steps) + 1
            self._readers[source] = id_
            self.steps[id_] = Step(id_, row, set(), {row.slots[0].name: [source]})
            self._findings.note(f"{row.name} was added, to turn {kind} into text for {step.row.name}.")
        return [f"<resource-{self._readers[source]}>"]

    def _never_given(self, step: Step, slot: Slot, value: str) -> list[str]:
        """The one file that can be meant by a name that nobody gave."""
        fitting = self._files.of(slot.modality)
        if len(fitting) == 1:
            self._findings.note(f"{value[:80]!r} was not given; {self._files.name(fitting[0])} is used.")
            return fitting
        if fitting:
            known = ", ".join(map(self._files.name, fitting))
            self._findings.fault(step.id, f"{value[:80]!r} was never given. Given: {known}", step.row.name)
        else:
            self._findings.missing = self._findings.missing or (step.row, slot)
        return []

    def _lacking(self, step: Step, slot: Slot) -> list[str]:
        """A value for a required slot that was left empty: of a task that comes before, or the only file there is."""
        made = [id_ for id_ in sorted(step.after) if (row := self._row(id_)) and slot.modality in row.outputs]
        if made and not closed(slot.schema):
            return [f"<resource-{id_}>" for id_ in made]
        fitting = self._files.of(slot.modality)
        if len(fitting) == 1:
            return fitting
        if fitting or slot.modality == "text":  # a writer can do better with the first, and with the user's own words
            self._findings.fault(step.id, f"it lacks its {slot.name!r}", step.row.name)
        if not fitting:
            self._findings.missing = self._findings.missing or (step.row, slot)
        return []

    def _row(self, id_: int) -> TaskType | None:
        return self.steps[id_].row if id_ in self.steps else None


def _split(value: str) -> list[str]:
    """A list's members: references that stand together become one each."""
    return re.findall(r"<resource-\d+>", value) if _ONLY_REFERENCES.fullmatch(value) else [value]
