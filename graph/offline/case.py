"""What is planned from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.offline.bridges import path
from graph.offline.layout import Source
from graph.offline.reading import Reading
from graph.offline.weights import Weights
from tools.tasks import Modality, TaskType


@dataclass(frozen=True)
class Case:
    """A request as it was read, the files it may be about, all task types, those on offer, and what was learned."""

    reading: Reading
    files: Sequence[Source]
    types: Mapping[str, TaskType]
    offered: Mapping[str, TaskType]
    weights: Weights

    @property
    def given(self) -> list[Modality]:
        """The kinds of the files."""
        return [file.modality for file in self.files]

    def suits(self, type_: TaskType) -> bool:
        """Whether what was given is of the kind that the type takes, or can be brought to it; or nothing was given."""
        wanted = type_.required[0].modality if type_.required else None
        if wanted is None or wanted in self.given or not (self.given or self.reading.quotes):
            return True
        return wanted == "text" and (bool(self.reading.quotes) or path(self.given, wanted, self.offered) is not None)
