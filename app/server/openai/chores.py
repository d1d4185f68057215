"""What chat interfaces ask behind their user's back: a title, tags, questions to go on with. Answered, never planned.

Open WebUI's prompts for them begin alike and end with the JSON that they want.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AnyMessage

from graph.answer_links import Links
from graph.calling import stream
from graph.chat_models import resolve
from graph.context import Context, controller
from graph.conversation import last_human
from graph.planning.loose_json import find
from tools.files.resources import from_content

_CHORE = re.compile(r"\s*### Task:\s")
_KEY = re.compile(r'\{\s*"(\w+)"\s*:\s*(\[)?')
_SAID = re.compile(r"<chat_history>\s*USER:\s*(.+?)\s*(?:\nASSISTANT:|</chat_history>)", re.DOTALL | re.IGNORECASE)
_WORDS = 5  # of a title


def is_chore(messages: Sequence[AnyMessage]) -> bool:
    """Whether the last message comes from the interface and not from its user."""
    text, files = from_content(last_human(messages).content)
    return bool(_CHORE.match(text)) and not files and ("<chat_history>" in text or "### Output" in text)


async def answer(messages: Sequence[AnyMessage]) -> str:
    """What the controller's model says to it; without one, the JSON that was asked for, filled by rule."""
    model, prompt = await controller(Context()), last_human(messages).text
    if model is None:
        return _by_rule(prompt)
    pieces = stream(model, messages, resolve(), {"run_name": "chore"})
    text = "".join([piece.text async for piece in pieces])
    return await asyncio.to_thread(_held, text, Links([], prompt))


def _held(text: str, links: Links) -> str:
    """The answer, of which only JSON counts where there is some, without links that the conversation does not hold."""
    reply = next((span.value for span in find(text) if isinstance(span.value, dict)), None)
    return links.held(text) if reply is None else json.dumps(links.held_json(reply), ensure_ascii=False)


def _by_rule(prompt: str) -> str:
    keys = _KEY.findall(prompt)
    if not keys:
        return _title(prompt)
    key, is_list = keys[-1]
    value: Any = [] if is_list else _title(prompt) if key == "title" else ""
    return json.dumps({key: value}, ensure_ascii=False)


def _title(prompt: str) -> str:
    """The first words of the conversation."""
    said = _SAID.search(prompt)
    return " ".join(said[1].split()[:_WORDS]) if said else "Conversation"
