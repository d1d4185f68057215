"""What is asked about the conversation itself: what was asked before, and to have something undone."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from langchain_core.messages import AnyMessage

from graph.state import Task
from graph.words import say
from tools.files.resources import is_reference

_ASKED = re.compile(r"\bwhat (?:did|have) i (?:ask|say|said|want|request)\w*\b(?P<when>[^?]*)", re.I)
_UNDO = re.compile(r"^\W*(?:please |can you |could you )?(?:undo|revert|take (?:that|it) back)\b[^,;]{0,40}$", re.I)


def recalled(text: str, history: Sequence[AnyMessage], done: Sequence[Task]) -> str | None:
    """The answer to a request about the conversation; None where it is about something else."""
    said = [message.text for message in history if message.type == "human" and message.text.strip()]
    if said and (match := _ASKED.search(text)):
        return say("You asked: “{words}”", words=said[0 if "first" in match["when"] else -1])
    if done and _UNDO.search(text):
        inputs = [str(value) for task in done for value in task.args.values() if is_reference(str(value))]
        kept = [say("{file} is as it was before.", file=PurePath(inputs[0]).name)] if inputs else []
        return " ".join([say("There is nothing to undo: results are new files, and no file is ever changed."), *kept])
    return None
