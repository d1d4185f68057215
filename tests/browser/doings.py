"""Task types for the page's tests: one that takes its time, one that fails, one that writes markup."""

import asyncio

EVIL = "![x](//elsewhere.example/x.png) <img src='//elsewhere.example/y.png' onerror='window.hit=true'>"

SCRIPT = "<script>window.hit=true</script>"


async def echo_slowly(text: str) -> str:
    """Echo a text slowly.

    Args:
        text: what to echo, after a while that is longer than any test waits
    """
    await asyncio.sleep(600)
    return text


def shatter(text: str) -> str:
    """Shatter a text into pieces.

    Args:
        text: what to break
    """
    raise ValueError(f"{text} would not break {EVIL}")


def vandalise(text: str) -> str:
    """Vandalise a text.

    Args:
        text: what to scribble on
    """
    return f"{text} {EVIL} {SCRIPT}"
