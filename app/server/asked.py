"""Runs that are asked for through LangGraph's API, checked before LangGraph's server takes them.

That server drops options that it does not know, and tells only in a stream what is wrong with a message.
"""

import json
import re
from typing import Any

from langchain_core.messages import convert_to_messages
from pydantic import ValidationError

from graph.context import Context
from tools.errors import InputError

_RUNS = re.compile(r"(?:/threads/[^/]+)?/runs(?:/wait|/stream|/batch|/crons)?/?")
_ASSISTANTS = re.compile(r"/assistants(?:/[^/]+)?/?")


def check_run(path: str, body: bytes) -> None:
    """Check the body of a request that starts runs, or keeps an assistant that will; any other passes.

    Raises:
        InputError: an option is unknown or wrong, or the input is no conversation.
    """
    runs = _RUNS.fullmatch(path)
    if not runs and not _ASSISTANTS.fullmatch(path):
        return
    try:
        asked = json.loads(body)
    except ValueError:
        raise InputError("The body is not valid JSON; send an object with assistant_id and input.") from None
    if runs:
        _check_runs(asked)
    elif isinstance(asked, dict):
        _check_context(asked.get("context"))


def _check_runs(asked: object) -> None:
    for run in asked if isinstance(asked, list) else [asked]:
        if not isinstance(run, dict):
            raise InputError("A run is asked for by a JSON object with assistant_id and input.")
        if run.get("input") == {} and not run.get("command"):  # beside a command some clients send an empty one
            raise InputError("There is nothing to run: send input with messages.")
        _check_context(run.get("context"))
        check_input(run.get("input"))


def check_input(given: object) -> None:
    """Check what a run is given: messages and resources. Raises InputError."""
    if given is None:
        return
    if not isinstance(given, dict):
        raise InputError("input must be an object with messages.")
    _check_messages(given.get("messages", []))
    resources = given.get("resources", [])
    if not isinstance(resources, list) or not all(isinstance(resource, str) for resource in resources):
        raise InputError("input.resources must be a list of paths, links or data URIs.")


def _check_messages(messages: Any) -> None:  # noqa: ANN401 - any JSON
    try:
        convert_to_messages(messages if isinstance(messages, list) else [messages])
    except (ValueError, TypeError, NotImplementedError, LookupError, AttributeError):
        raise InputError('input.messages must be a list of {"role": "user", "content": ...}.') from None


def _check_context(context: object) -> None:
    try:
        Context.model_validate({} if context is None else context)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        known = f"; the options are {', '.join(Context.model_fields)}" if first["type"] == "extra_forbidden" else ""
        where = ".".join(["context", *map(str, first["loc"])])
        raise InputError(f"{where}: {first['msg']}{known}.") from None
