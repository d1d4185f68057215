"""Answers as JSON that fits a client's schema, written by the controller's model from the answer in words."""

import asyncio
import json
import re
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from langchain_core.messages import HumanMessage, SystemMessage
from referencing import Registry
from referencing.exceptions import Unresolvable

import prompts
from graph.answer_links import Links
from graph.calling import write_json
from graph.chat_models import resolve
from graph.context import Context, controller
from graph.planning.loose_json import find
from tools.errors import BadOutput, InputError

TRIES = 2
_PATTERN = re.compile(r'"pattern": "|"patternProperties"')  # expressions that may take for ever are not run


async def check(schema: dict[str, Any]) -> None:
    """Refuse, before anything runs, what cannot be kept. Raises InputError."""
    if await controller(Context()) is None:
        raise InputError("response_format needs a language model as the controller, and this server plans by rule.")
    if _PATTERN.search(json.dumps(schema)):
        raise InputError("response_format may hold no pattern; say in its description what a text must look like.")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InputError(f"response_format holds no valid JSON schema: {error.message}") from None


async def as_json(answer: str, schema: dict[str, Any]) -> str:
    """The answer as JSON text that fits the schema, with the links of the answer alone.

    Raises:
        BadOutput: the model wrote none, also when told what was wrong.
        ModelError: it cannot be asked.
    """
    model, complaint = await controller(Context()), ""
    assert model is not None  # noqa: S101 - see check
    for _ in range(TRIES):
        instructions = SystemMessage(prompts.render("structure", schema=json.dumps(schema), complaint=complaint))
        written = await write_json(model, [instructions, HumanMessage(answer)], schema, resolve())
        value = await asyncio.to_thread(_first_value, written, Links([], answer))
        if (wrong := _misfit(value, schema)) is None:
            return json.dumps(value, ensure_ascii=False)
        complaint = f"Your last answer did not fit: {wrong}"
    raise BadOutput(f"{resolve()} gave no JSON that fits the schema of response_format. {complaint}")


def _first_value(written: str, links: Links) -> Any:  # noqa: ANN401 - JSON
    return links.held_json(next((span.value for span in find(written)), None))


def _misfit(value: object, schema: dict[str, Any]) -> str | None:
    """What of a value does not fit the schema, which is never looked up elsewhere."""
    try:
        Draft202012Validator(schema, registry=Registry()).validate(value)
    except (ValidationError, Unresolvable) as error:
        return str(getattr(error, "message", error))[:300]
    return None
