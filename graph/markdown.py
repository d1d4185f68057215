"""What a client would follow, fetch or run in a Markdown text: links, pictures, HTML; found by a CommonMark parser."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

Kind = Literal["link", "image", "autolink", "html", "code"]
_RULES: dict[str, Kind] = {
    "link": "link",
    "image": "image",
    "autolink": "autolink",
    "html_inline": "html",
    "backticks": "code",
}
_PASSES = 8  # what is laid bare by one change is looked at again
_LONGEST = 20_000  # characters of a text that are parsed; the parser's time may grow with their square
_MARKS = ("[", "<", "```", "~~~")  # without which a text does nothing
_ACTIVE = str.maketrans({"[": "&#91;", "<": "&lt;", "`": "&#96;", "~": "&#126;"})


@dataclass(frozen=True)
class Construct:
    """A construct: as written, where it leads, and what it shows. Code is found so that it can be left alone."""

    kind: Kind
    start: int
    end: int
    text: str
    target: str = ""
    label: str = ""


Change = Callable[[Construct], str]


def rewritten(text: str, change: Change, reword: Callable[[str], str] = str, *, fences: bool = True) -> str:
    """The text with every construct as ``change`` has it, and the words between them as ``reword`` has them.

    Definitions of links go, for every link has its target by itself. ``fences`` says whether blocks of code may stay.
    What is not plain after a few passes is written so that it does nothing.
    """
    if len(text) > _LONGEST:
        return defused(text)
    for _ in range(_PASSES):
        if (changed := _pass(text, change, reword, fences)) == text:
            return text
        text = changed
    return defused(text)


def inert(text: str) -> str:
    """A text of a model, a tool or a file as it is to be read, in which nothing is a link, a picture, HTML or a block.

    Of its words none is changed; what would be active has a backslash before it.
    """
    return rewritten(text, _escaped, fences=False) if any(mark in text for mark in _MARKS) else text


def _escaped(construct: Construct) -> str:
    if construct.kind == "image":
        return f"!\\{construct.text[1:]}"
    return construct.text if construct.kind == "code" else f"\\{construct.text}"


def defused(text: str) -> str:
    """The text with nothing in it that does anything, whatever it is."""
    return text.translate(_ACTIVE)


def last_block(text: str) -> int:
    """Where the last block begins, which alone can still change when more is written."""
    blocks = [token.map[0] for token in _parser().parse(text) if token.level == 0 and token.map]
    lines = text.splitlines(keepends=True)
    return sum(map(len, lines[: blocks[-1]])) if len(blocks) > 1 else 0


def _pass(text: str, change: Change, reword: Callable[[str], str], fences: bool) -> str:
    env: dict[str, Any] = {}
    tokens = _parser().parse(text, env)
    lines = text.split("\n")
    for token in reversed(tokens):
        if token.map and token.type == "inline":
            _replace(lines, token, _inline(token.content, env, change, reword))
        elif token.map and token.type == "html_block":
            lines[token.map[0]] = lines[token.map[0]].replace("<", "&lt;", 1)
        elif token.map and token.type == "fence" and not fences:
            lines[token.map[0]] = lines[token.map[0]].replace(token.markup, f"\\{token.markup}", 1)
    gone = {line for definition in _definitions(env) for line in range(*definition["map"])}
    gone |= {line + 1 for line in gone if line + 1 < len(lines) - 1 and not lines[line + 1].strip()}
    return "\n".join(line for number, line in enumerate(lines) if number not in gone)


def _definitions(env: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from env.get("references", {}).values()
    yield from env.get("duplicate_refs", [])


def _replace(lines: list[str], token: Token, new: str) -> None:
    """Put the new content of a block where the old one stands, beside the marks of lists and quotations."""
    if new == token.content or not token.map:
        return
    first, old = token.map[0], token.content.split("\n")
    fresh = new.split("\n")
    if len(fresh) == len(old) and all(old_line in lines[first + at] for at, old_line in enumerate(old)):
        for at, (old_line, other) in enumerate(zip(old, fresh, strict=True)):
            before, _, after = lines[first + at].rpartition(old_line)
            lines[first + at] = f"{before}{other}{after}"
    else:
        mark, _, _ = lines[first].partition(old[0])
        lines[first] = f"{mark}{' '.join(fresh)}"
        lines[first + 1 : first + len(old)] = [""] * (len(old) - 1)


def _inline(content: str, env: dict[str, Any], change: Change, reword: Callable[[str], str]) -> str:
    pieces, end = [], 0
    for construct in _outermost(content, env):
        pieces += [reword(content[end : construct.start]), change(construct)]
        end = construct.end
    return "".join([*pieces, reword(content[end:])])


def _outermost(content: str, env: dict[str, Any]) -> Iterator[Construct]:
    """The constructs of one block's text that lie in no other."""
    parser, children = _parser(), list[Token]()
    env["found"] = []
    parser.inline.parse(content, parser, env, children)
    end = 0
    for source, construct in sorted(env["found"], key=lambda pair: (pair[1].start, -pair[1].end)):
        if source == content and construct.start >= end:
            end = construct.end
            yield construct


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    parser.core.ruler.disable("inline")  # it is called for each block, with its place in the text
    parser.validateLink = _any  # type: ignore[method-assign]  # what it leaves out others may take
    rules = {rule.name: rule.fn for rule in parser.inline.ruler.__rules__}
    for name, kind in _RULES.items():
        parser.inline.ruler.at(name, _recording(rules[name], kind))
    return parser


def _any(url: str) -> bool:  # noqa: ARG001 - the parser names it
    return True


def _recording(rule: Callable[[StateInline, bool], bool], kind: Kind) -> Callable[[StateInline, bool], bool]:
    """The parser's rule, which also keeps what it found and where."""

    def recorded(state: StateInline, silent: bool) -> bool:
        start, made = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent and len(state.tokens) > made:
            construct = _construct(state, kind, start, state.tokens[made:])
            state.env["found"].append((state.src, construct))
        return True

    return recorded


def _construct(state: StateInline, kind: Kind, start: int, tokens: Sequence[Token]) -> Construct:
    targets = [str(token.attrGet("href") or token.attrGet("src") or "") for token in tokens]
    label = ""
    if kind in {"link", "image"}:
        opening = start + (kind == "image")
        label = state.src[opening + 1 : state.md.helpers.parseLinkLabel(state, opening, kind == "link")]
    return Construct(kind, start, state.pos, state.src[start : state.pos], next(filter(None, targets), ""), label)
