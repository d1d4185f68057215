"""Thoughts are cut out of answers."""

import pytest

from tools.thoughts import spoken


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("Forty-two.", "Forty-two."),
        ("<think>Hm, 6 by 7.</think>\n\nForty-two.", "Forty-two."),
        ("<THINKING>a</THINKING>Forty-<think>b</think>two.", "Forty-two."),
        ("Hm, 6 by 7.</think> Forty-two.", "Forty-two."),  # the template began the thought
        ("<think>Hm, and it goes on and on", ""),
        ("I think <b>so</b>.", "I think <b>so</b>."),
    ],
)
def test_only_what_is_said_to_the_user_is_left(written: str, answer: str) -> None:
    assert spoken(written) == answer
