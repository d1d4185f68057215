"""Thoughts are cut out of answers."""

import pytest

from tools.thoughts import Thoughts, spoken

CASES = [
    ("Forty-two.", "Forty-two."),
    ("<think>Hm, 6 by 7.</think>\n\nForty-two.", "Forty-two."),
    ("\n<Thinking>\n\n</Thinking>\n\nForty-two.", "Forty-two."),
    ("<think>Hm, and it goes on and on", ""),
    ("I think <b>so</b>.", "I think <b>so</b>."),
    ("<thin ice>", "<thin ice>"),
]


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        *CASES,
        ("<THINKING>a</THINKING>Forty-<think>b</think>two.", "Forty-two."),
        ("Hm, 6 by 7.</think> Forty-two.", "Forty-two."),  # the template began the thought
    ],
)
def test_only_what_is_said_to_the_user_is_left(written: str, answer: str) -> None:
    assert spoken(written) == answer


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("written", "answer"), CASES)
def test_a_stream_shows_the_answer_alone(written: str, answer: str, size: int) -> None:
    thoughts = Thoughts()
    pieces = (written[start : start + size] for start in range(0, len(written), size))
    assert "".join(map(thoughts, pieces)) == answer
