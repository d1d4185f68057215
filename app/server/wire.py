"""JSON on its way in: bounded, well-formed and free of signatures before any route parses it.

Every route of the application passes here, LangGraph's own and the page's included: whatever is refused is refused
for all of them, and the event loop never parses what could stop it.
"""

import json
import re

from tools.errors import InputError

DEPTH = 64  # of lists and objects in each other
VALUES = 100_000  # in one body; a plan of 100 tasks has some 2,000
SHORT = 32 * 2**10  # bytes that are looked through on the event loop
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_NUMBER = re.compile(rb"NaN|Infinity|[eE]\+?\d{3}|(?<![\d.])(?:\d{20}|9[3-9]\d{17}|92[3-9]\d{16})")  # beyond 64 bits
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_AND, _IS, _SLASH = rb"(?:&(?:amp;)?|\\u0026)", rb"(?:=|\\u003[dD])", rb"\\?/"
_SIGNED = re.compile(
    rb"(" + _SLASH + rb"artifacts" + _SLASH + rb'[^\s"?<>]*)\?'
    rb"(?:(?:owner|until|signature)" + _IS + rb"[\w.~%/-]*" + _AND + rb"?){3}"
)


def admitted(body: bytes) -> bytes:
    """The body as the routes get it: without the signatures of our own links, which open files to whoever reads them.

    Raises:
        InputError: it is nested too deeply, holds too many values, or what JSON or a database cannot hold.
    """
    _check(_STRING.sub(b"", body))
    _check_text(body)
    return _SIGNED.sub(rb"\1", body)


def _check(outline: bytes) -> None:
    """Look at what stands outside of strings."""
    if outline.count(b",") + outline.count(b"[") + outline.count(b"{") > VALUES:
        raise InputError(f"The body holds more than {VALUES:,} values; send less at a time.")
    if _NO_NUMBER.search(outline):
        raise InputError("The body holds NaN, Infinity or a number beyond 64 bits; send it as a text or null.")
    depth = 0
    for bracket in re.findall(rb"[\[{\]}]", outline):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH:
            raise InputError(f"The body is nested more than {DEPTH} levels deep; send it flatter.")


def _check_text(body: bytes) -> None:
    """Text that is no Unicode can be neither stored nor sent on."""
    try:
        body.decode()
        if _SURROGATE.search(body):
            json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeError:
        raise InputError("The body holds text that is not Unicode; send it as UTF-8.") from None
    except ValueError:
        return  # no JSON at all, which its route refuses in its own words
