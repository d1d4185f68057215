"""One task type that the owner added: what it is called, where it lives, what it takes and what it gives."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.errors import InputError
from tools.extras.place import Place
from tools.tasks import Modality, Slot, TaskType
from tools.values import describe, read


class Parameter(BaseModel):
    """One argument: ``name`` in plans, ``parameter`` where it is sent.

    ``json_schema`` is what each of its values must fit, empty for any text; ``form`` is the shape in which a Gradio
    component takes its value, where that is not the value alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z]\w*$")
    parameter: str
    modality: Modality = "text"
    json_schema: dict[str, Any] = Field(default_factory=dict)
    required: bool = True
    many: bool = False
    encoding: Literal["data-uri", "base64"] = "data-uri"  # of a medium within JSON
    form: Literal["", "gallery", "dataframe", "editor", "message", "file"] = ""
    note: str = ""

    def slot(self) -> Slot:
        """The slot of the task table."""
        note = "; ".join(filter(None, (describe(self.json_schema), self.note)))
        return Slot(self.name, self.modality, self.required, self.many, note, self.json_schema or None)

    def value(self, given: Any) -> Any:  # noqa: ANN401 - whatever the slot was given
        """What is sent for a slot's value: a text in the type that the schema wants. Raises InputError."""
        if self.modality != "text" or not self.json_schema:
            return given
        try:
            return [read(item, self.json_schema) for item in given] if self.many else read(given, self.json_schema)
        except ValueError as error:
            raise InputError(f"{self.name} takes {describe(self.json_schema) or 'a text'}: {error}.") from None


class Entry(Place):
    """One task type of the file. ``tool`` is its name at the source: an MCP tool or a Gradio endpoint.

    ``notes`` say what of it is left out here; one that is ``unusable`` is listed with the reason, and never offered.
    One that is ``read_only`` changes nothing outside: nobody need be asked before it runs.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")
    tool: str = ""
    purpose: str = Field(min_length=1)
    words: tuple[str, ...] = ()
    outputs: tuple[Modality, ...] = Field(("text",), min_length=1)
    licence: str | None = None
    notes: tuple[str, ...] = ()
    unusable: str = ""
    read_only: bool = False
    slots: tuple[Parameter, ...] = ()

    def row(self) -> TaskType:
        """The row of the task table. Nothing is known of what it does inside, so no result is reused."""
        slots = tuple(parameter.slot() for parameter in self.slots)
        return TaskType(
            self.name,
            self.purpose,
            slots,
            self.outputs,
            self.words,
            deterministic=False,
            title=self.name.replace("-", " ").capitalize(),
            effects=not self.read_only,
        )

    def arguments(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The filled slots under the names and in the types that the source takes. Raises InputError."""
        return {slot.parameter: slot.value(inputs[slot.name]) for slot in self.slots if slot.name in inputs}
