"""The planners that are measured: by rule, and with a language model as the plan stage asks it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from langchain_core.messages import HumanMessage

from graph.by_rule import planned
from graph.chat_models import chat_model
from graph.conversation import Request
from graph.planning.author import author
from graph.planning.draft import Draft
from tools.errors import PlanError
from tools.tasks import TaskType

Planner = Callable[[str, Sequence[str]], Awaitable[Draft]]  # of a request and its files


def planner_of(controller: str, types: Mapping[str, TaskType]) -> Planner:
    """The planner of a controller (``offline`` or ``provider:model``) over these task types.

    Raises:
        ConfigError: there is no such controller, or its key is missing.
    """
    model = chat_model(controller)

    async def by_rule(request: str, files: Sequence[str]) -> Draft:
        return planned(request, Request(request, list(files), [], HumanMessage(request)), types)

    async def by_model(request: str, files: Sequence[str]) -> Draft:
        assert model is not None  # noqa: S101 - by_rule is taken otherwise
        asked = Request(request, list(files), [], HumanMessage(request))
        try:
            return await author(asked, types, model, controller, lambda *_: None)
        except PlanError as error:
            return Draft(refusal=str(error))

    return by_model if model else by_rule
