"""Messages become what a chat may show: words that stay words, and this conversation's own files."""

from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from app.page.bubbles import SHOWN, bubbles, plain
from graph.answer import HOW


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see [the edges](out/edges.png)", "see the edges"),
        ("![a cat](https://elsewhere.example/cat.png)", "a cat"),
        ("<img src=x> and 1 < 2", r"\<img src=x> and 1 \< 2"),
        ("`a < b` and\n```c\n#include <x>\n```", "`a < b` and\n```c\n#include <x>\n```"),
    ],
)
def test_an_answer_keeps_its_words_and_neither_links_nor_markup(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_what_a_user_wrote_is_shown_as_it_was_written() -> None:
    (bubble,) = bubbles([HumanMessage("what is ![x](y) in <b>?")], [])
    assert bubble["content"] == [r"what is !\[x](y) in \<b>?"]


def test_files_stand_between_what_was_found_and_how() -> None:
    text = f"Edges: [edges.png](http://127.0.0.1/artifacts/edges.png)\n\n{HOW}\n\n- 0 canny-control"
    (bubble,) = bubbles([AIMessage(text)], ["out/edges.png", "out/other.png"])
    assert bubble["content"] == ["Edges: edges.png", {"path": "out/edges.png"}, f"{HOW}\n\n- 0 canny-control"]


def test_only_files_of_the_conversation_are_shown(tmp_path: Path) -> None:
    message = HumanMessage("look", additional_kwargs={SHOWN: [str(tmp_path / "mine.png"), "/etc/passwd"]})
    (bubble,) = bubbles([message], [str(tmp_path / "mine.png")])
    assert bubble["content"] == ["look", {"path": str(tmp_path / "mine.png")}]
