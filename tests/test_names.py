"""Names say what they hold: a stranger reads a line without looking where its value came from."""

import ast
from collections.abc import Iterator

import pytest

from tests.support import ROOT
from tests.test_layers import MAY_IMPORT, modules

SAY_NOTHING = {"plain", "told", "found", "one", "each", "mine"}


def bound(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the name, without underscores around it, of everything that a module binds in any scope."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name.strip("_")
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name.strip("_")
            case ast.ClassDef(name=name) | ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield node.lineno, name.strip("_")
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield node.lineno, name.strip("_")


def silent() -> list[str]:
    """``file:line name`` for every name that says nothing of what it holds."""
    return [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for package in [*MAY_IMPORT, "benchmarks"]
        for _, path in modules(package)
        for line, name in bound(ast.parse(path.read_text(encoding="utf-8")))
        if name in SAY_NOTHING
    ]


def test_names_say_what_they_hold() -> None:
    assert silent() == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import plain as told", "told"),
        ("def each(mine, /, one=1, *found, plain, **told): pass", "each mine one found plain told"),
        ("async def _found_(): pass", "found"),
        ("class plain:\n    told: int = 0", "plain told"),
        ("for one, (two, *each) in []: self.mine = one", "one two each mine"),
        ("[plain for plain in told if (found := plain)]", "plain found"),
        ("try: pass\nexcept ValueError as one: pass", "one"),
        ("match told:\n    case [each, *mine] | {'a': plain, **found}: pass", "each mine plain found"),
        ("lambda plain: plain", "plain"),
        ("with open(plain) as found: pass", "found"),
    ],
)
def test_every_way_to_bind_a_name_is_seen(source: str, names: str) -> None:
    assert sorted(name for _, name in bound(ast.parse(source))) == sorted(names.split())
