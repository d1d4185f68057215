"""Whether an added tool could be called now, found out by the lightest means: no server's process is started for it."""

import asyncio
import os
import shlex
import shutil

import httpx

from tools.errors import HuggingGPTError
from tools.extras import sources
from tools.extras.entry import Entry

_HUB = os.environ.get("HF_ENDPOINT", "https://huggingface.co")


def objection(entry: Entry, patience: float) -> str | None:
    """Why it cannot be called, or None. Takes ``patience`` seconds at most for what is elsewhere."""
    if reason := entry.unusable or entry.lacks:
        return reason
    if entry.kind == "function":
        try:
            asyncio.run(sources.describe(entry))
        except HuggingGPTError as error:
            return str(error)
        return None
    if "://" in entry.source:
        return None if _answers(entry.address, patience) else f"{entry.source} does not answer"
    if entry.kind == "gradio":
        return None if _answers(_HUB, patience) else f"{_HUB} does not answer, where the Space is"
    command = shlex.split(entry.source)[0]
    return None if shutil.which(command) else f"{command} is not installed"


def _answers(url: str, patience: float) -> bool:
    try:
        with httpx.stream("GET", url, timeout=patience):  # the head is enough: an event stream has no end
            return True
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
