import pytest

from tools.thoughts import Thoughts, without_thoughts

CASES = [
    ("Just an answer.", "Just an answer."),
    ("<think>Hm. <b>?</think>\n\nThe answer.", "The answer."),
    ("\n<think>\n\n</think>\n\nThe answer.", "The answer."),
    ("<think>It never comes to an end", ""),
    ("The tag <think> is one of </think> two.", "The tag <think> is one of </think> two."),
    ("<thin ice>", "<thin ice>"),
]


@pytest.mark.parametrize(
    ("said", "meant"), [*CASES, ("thoughts begun in the prompt</think>The answer.", "The answer.")]
)
def test_an_answer_is_what_follows_the_thoughts(said: str, meant: str) -> None:
    assert without_thoughts(said) == meant


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("said", "meant"), CASES)
def test_a_stream_shows_the_answer_alone(said: str, meant: str, size: int) -> None:
    spoken = Thoughts()
    shown = "".join(spoken(said[start : start + size]) for start in range(0, len(said), size))
    assert shown == meant
