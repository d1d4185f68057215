"""Messages become what a chat may show: words that stay words, and this conversation's own files."""

from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from app.page.bubbles import SHOWN, bubbles, without_links
from app.page.words import Say
from graph.answer import HOW

SAY = Say("en")


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
    assert without_links(text) == shown


def test_what_a_user_wrote_is_shown_as_it_was_written() -> None:
    (bubble,) = bubbles([HumanMessage("what is ![x](y) in <b>?")], [], SAY)
    assert bubble["content"] == [r"what is !\[x](y) in \<b>?"]


def test_a_file_is_shown_where_the_answer_names_it() -> None:
    text = "**Speech:**\n[a.wav](out/a.wav)\n\n**Edges:**\n![b.png](http://127.0.0.1/artifacts/b.png)\n\nThat is all."
    bubble, how = bubbles(
        [AIMessage(f"{text}\n\n{HOW}\n\n- 0 canny-control")], ["out/a.wav", "out/b.png", "out/c.png"], SAY
    )
    assert bubble["content"] == [
        "**Speech:**",
        {"path": "out/a.wav"},
        "**Edges:**",
        {"path": "out/b.png"},
        "That is all.",
    ]
    assert (how["content"], how["metadata"]["status"]) == ("- 0 canny-control", "done")  # folded


def test_a_file_that_a_sentence_links_is_shown_below_it() -> None:
    text = f"I drew [the edges](out/b.png), see [them](out/b.png).\n\n{HOW}\n\n- 0 canny-control"
    bubble, _ = bubbles([AIMessage(text)], ["out/b.png"], SAY)
    assert bubble["content"] == ["I drew the edges, see them.", {"path": "out/b.png"}]


def test_what_an_answer_offers_can_be_picked_below_the_last_message() -> None:
    offer = AIMessage("Shall I?", response_metadata={"choices": ["Read it", "Draw its edges"]})
    assert bubbles([offer], [], SAY)[-1]["options"] == [{"value": "Read it"}, {"value": "Draw its edges"}]
    assert "options" not in bubbles([offer, HumanMessage("Read it")], [], SAY)[0]


def test_what_is_linked_but_not_of_the_conversation_stays_words() -> None:
    (bubble,) = bubbles([AIMessage("**Edges:**\n[b.png](/etc/b.png)")], ["out/a.png"], SAY)
    assert bubble["content"] == ["**Edges:**\nb.png"]


def test_only_files_of_the_conversation_are_shown(tmp_path: Path) -> None:
    message = HumanMessage("look", additional_kwargs={SHOWN: [str(tmp_path / "mine.png"), "/etc/passwd"]})
    (bubble,) = bubbles([message], [str(tmp_path / "mine.png")], SAY)
    assert bubble["content"] == ["look", {"path": str(tmp_path / "mine.png")}]


def test_all_of_a_long_text_is_below_the_answer_for_those_who_open_it(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("First line\n<b>and</b> [more](https://elsewhere.example)\n" * 500, "utf-8")
    answer = AIMessage(f"First line ... (9 more characters)\n\n[notes.txt]({file})\n\n{HOW}\n\n- 0", id="7")
    said, whole, how = bubbles([HumanMessage("Read it"), answer], [str(file)], SAY)[1:]
    assert said["content"][-1] == {"path": str(file)}
    assert (whole["metadata"]["title"], whole["metadata"]["id"]) == ("All of notes.txt", "7-notes.txt")
    assert whole["content"].count("First line") == 500
    assert "https" not in whole["content"]
    assert r"\<b>and" in whole["content"]
    assert how["metadata"]["title"] == "How this was done"
