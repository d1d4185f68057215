"""What reasoning models write before they answer, which is no part of the answer."""

import re

_TAG = r"(?:think|thinking|thought|reasoning)"
_WHOLE = re.compile(rf"<{_TAG}>.*?(?:</{_TAG}>|\Z)", re.S | re.I)
_END = re.compile(rf"\A.*</{_TAG}>", re.S | re.I)  # of a thought that the chat template itself began


def spoken(text: str) -> str:
    """The text without its thoughts; empty where the model only thought."""
    return _END.sub("", _WHOLE.sub("", text)).strip()
