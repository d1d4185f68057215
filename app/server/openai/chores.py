"""What chat interfaces ask behind their user's back: a title, tags, questions to go on with. Answered, never planned.

Known by the prompts of Open WebUI, most of which show the JSON that they want and then the conversation.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AnyMessage, SystemMessage

from graph.answer_links import Links
from graph.calling import stream
from graph.chat_models import resolve
from graph.context import Context, controller
from graph.conversation import last_human
from graph.planning.loose_json import find
from tools.errors import InputError
from tools.files.resources import from_content

_CHORE = re.compile(
    r"\s*(?:### Task:\s.*(?:<chat_history>|\n### Messages Being Compacted:)"
    r"|Your task is to reflect the speaker's likely facial expression"
    r"|You have been provided with a set of responses from various models)",
    re.DOTALL,
)
_TOOLS = re.compile(r'\s*Available Tools: .*"tool_calls"', re.DOTALL)  # which of its own to call
_KEY = re.compile(r'\{\s*"(\w+)"\s*:\s*(\[)?')
_SAID = re.compile(r"<chat_history>\s*USER:(.{1,300})", re.DOTALL | re.IGNORECASE)
_END = re.compile(r"\nASSISTANT:|</chat_history>", re.IGNORECASE)
_WORDS = 5  # of a title


def is_chore(messages: Sequence[AnyMessage]) -> bool:
    """Whether the last message comes from the interface and not from its user."""
    text, files = from_content(last_human(messages).content)
    return not files and (_CHORE.match(text) is not None or _asks_for_tools(messages))


def _asks_for_tools(messages: Sequence[AnyMessage]) -> bool:
    return isinstance(messages[0], SystemMessage) and _TOOLS.match(messages[0].text) is not None


async def answer(messages: Sequence[AnyMessage]) -> str:
    """What the controller's model says to it; without one, the JSON that was asked for, filled by rule.

    Raises:
        InputError: no rule can do it.
    """
    model, prompt = await controller(Context()), last_human(messages).text
    if model is None:
        return '{"tool_calls": []}' if _asks_for_tools(messages) else _by_rule(prompt)
    pieces = stream(model, messages, resolve(), {"run_name": "chore"})
    text = "".join([piece.text async for piece in pieces])
    return await asyncio.to_thread(_held, text, Links([], prompt))


def _held(text: str, links: Links) -> str:
    """The answer, of which only JSON counts where there is some, without links that the conversation does not hold."""
    reply = next((span.value for span in find(text) if isinstance(span.value, dict)), None)
    return links.held(text) if reply is None else json.dumps(links.held_json(reply), ensure_ascii=False)


def _by_rule(prompt: str) -> str:
    asked, history, _ = prompt.partition("<chat_history>")
    keys = _KEY.findall(asked)
    if not history:
        raise InputError("This needs a language model as the controller, and this server plans by rule.")
    if not keys:
        return _title(prompt)
    key, is_list = keys[-1]
    value: Any = [] if is_list else _title(prompt) if key == "title" else ""
    return json.dumps({key: value}, ensure_ascii=False)


def _title(prompt: str) -> str:
    """The first words of the conversation."""
    said = _SAID.search(prompt)
    return " ".join(_END.split(said[1])[0].split()[:_WORDS]) if said else "Conversation"
