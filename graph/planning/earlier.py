"""Earlier answers: a planner knows that there are some and may pass them on, but never reads them.

What an answer says comes from files, pages and models of anybody's, and what stands there could ask for tasks that
nobody here wants. So a planner is shown a reference in place of each; a plan that passes one on gets its words, as the
input of a task, when nothing can be planned by them any more.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage

from graph.answer import shorten
from graph.planning.dialects import Written
from tools.files.resources import from_content

_OLD = 1_000  # characters of an earlier message that are kept
_REFERENCE = re.compile(r"<a(\d{1,4})>")


class Earlier:
    """The messages before a request, oldest first."""

    def __init__(self, history: Sequence[AnyMessage]) -> None:
        self._history = history
        self._answers = [_text(message) for message in history if isinstance(message, AIMessage)]

    def __bool__(self) -> bool:
        """Whether there are answers among them."""
        return bool(self._answers)

    def shown(self) -> list[BaseMessage]:
        """All of them, shortened."""
        return [
            type_(shorten(_text(message), _OLD))
            for message in self._history
            for type_ in [AIMessage if isinstance(message, AIMessage) else HumanMessage]
        ]

    def referred(self) -> list[BaseMessage]:
        """The user's, shortened, and a reference for each answer."""
        number, messages = 0, list[BaseMessage]()
        for message in self.shown():
            number += isinstance(message, AIMessage)
            messages.append(AIMessage(f"<a{number}>") if isinstance(message, AIMessage) else message)
        return messages

    def references(self) -> str:
        """All of them, as they may be written."""
        return " ".join(f"<a{number}>" for number in range(1, len(self._answers) + 1))

    def filled(self, task: Written) -> Written:
        """The task with the words of every answer that it refers to."""
        return replace(task, args=self._filled(task.args))

    def _filled(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, str):
            return _REFERENCE.sub(self._words, value)
        if isinstance(value, dict):
            return {name: self._filled(member) for name, member in value.items()}
        return [self._filled(member) for member in value] if isinstance(value, list) else value

    def _words(self, reference: re.Match[str]) -> str:
        number = int(reference[1])
        return self._answers[number - 1] if 0 < number <= len(self._answers) else reference[0]


def _text(message: BaseMessage) -> str:
    return from_content(message.content)[0]
