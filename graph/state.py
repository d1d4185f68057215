"""What a run carries: JSON and file references, never pixels, arrays or secrets.

A leaf: it imports nothing of ours.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, NotRequired

from langchain_core.messages import AnyMessage
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph.message import add_messages
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

Approval = Literal["always", "cost", "effects", "never"]
Status = Literal["done", "failed", "skipped", "cancelled"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Task(_Record):
    """One planned task, with the four slots of the paper.

    ``args`` maps a slot's name to a text, a file reference or a list of them. ``<resource-ID>``, anywhere in
    a string, stands for the output of task ID; ``dep`` holds every task that must be done before this one.
    """

    task: str
    id: int
    dep: list[int] = Field(default_factory=list)
    args: dict[str, Any] = Field(default_factory=dict)


class Plan(_Record):
    """The tasks of one request, in topological order: a task comes after all it depends on."""

    tasks: list[Task] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)  # what was mended or left out, told to the user


class Choice(_Record):
    """A model chosen for a task, and why."""

    model: str
    backend: str
    revision: str | None = None
    device: str = "cpu"  # what it occupies while it runs
    reason: str = ""


class Job(_Record):
    """A task with its models: the first is the choice, the rest are fallbacks in order."""

    id: int
    task: str
    choices: list[Choice]


class Result(_Record):
    """What became of one task. Times are seconds since the epoch; ``queued`` is when its inputs were ready.

    ``files`` are paths of what it made, each with its provenance beside it. Of a long text ``text`` is the beginning,
    and the file ``whole``, one of them, holds all of it: ``more`` characters more.
    """

    id: int
    task: str
    status: Status
    text: str | None = None
    data: Any = None
    files: list[str] = Field(default_factory=list)
    whole: str | None = None
    more: int = 0
    choice: Choice | None = None
    error: str | None = None
    attempts: int = 0
    cached: bool = False
    queued: float | None = None
    started: float | None = None
    ended: float | None = None


# What a checkpointer may make of stored bytes: JsonPlusSerializer imports whatever class they name if it is not told.
SERDE = JsonPlusSerializer(allowed_msgpack_modules=[Plan, Job, Result])


def merge_resources(old: list[str] | None, new: list[str] | None) -> list[str]:
    """Every resource of the conversation once, in the order in which they came."""
    return list(dict.fromkeys([*(old or []), *(new or [])]))


def _typed(kind: Any) -> Callable[[Any, Any], Any]:  # noqa: ANN401 - an annotation, which has no type
    """The last value counts; what a client edits arrives as JSON and is checked here."""
    adapter = TypeAdapter(kind)

    def last(_old: object, new: object) -> object:
        return adapter.validate_python(new)

    return last


class InputState(TypedDict):
    """What a client sends: messages, and files as paths, links or data URIs."""

    messages: Annotated[list[AnyMessage], add_messages]
    resources: NotRequired[Annotated[list[str], merge_resources]]


class State(InputState):
    """The whole state of a conversation. ``plan``, ``jobs`` and ``results`` are those of the last request."""

    request: NotRequired[str]
    given: NotRequired[list[str]]  # the resources of this request alone
    seen: NotRequired[int]  # how many of ``resources`` the last planned request knew
    plan: NotRequired[Annotated[Plan | None, _typed(Plan | None)]]
    jobs: NotRequired[Annotated[list[Job], _typed(list[Job])]]
    results: NotRequired[Annotated[list[Result], _typed(list[Result])]]
    replanned: NotRequired[bool]
    replanning: NotRequired[bool]  # on the way from execute to plan alone
    by_rule: NotRequired[bool]  # the controller failed, and the offline one does the rest of the request
    approval: NotRequired[Approval]  # what a person is to be asked about, whatever a resuming client says
    approved: NotRequired[Plan | None]  # the plan that a person edited, and so need not be asked about again
    wished: NotRequired[dict[str, str]]  # the models that a person chose, by task id


class OutputState(TypedDict):
    """What a client gets back, kept small."""

    messages: Annotated[list[AnyMessage], add_messages]
    plan: NotRequired[Plan | None]
    results: NotRequired[list[Result]]
