"""Prompts are strict about what they are given."""

import pytest

import prompts


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(ValueError, match=r"The prompt plan needs demonstrations\."):
        prompts.render("plan", tasks="x")


def test_a_value_that_the_prompt_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="has no colour"):
        prompts.render("select", colour="red")


def test_values_are_not_read_as_prompts() -> None:
    assert "$tasks" in prompts.render("plan", tasks="$tasks", demonstrations="")
