"""The respond node and the answer by rule."""

from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime

from graph.answer import shorten
from graph.context import Context
from graph.responder import respond
from graph.state import Choice, Plan, Result, State, Task

OCR = Choice(model="rapidocr", backend="embedded")


def state(*results: Result) -> State:
    tasks = [Task(task=result.task, id=result.id) for result in results]
    return {"messages": [HumanMessage("x")], "plan": Plan(tasks=tasks, notes=["mended"]), "results": list(results)}


async def answer(*results: Result) -> str:
    update = await respond(state(*results), Runtime(context=Context(llm="offline")))
    return str(update["messages"][0].text)


async def test_findings_come_before_the_workflow() -> None:
    text = await answer(Result(id=0, task="image-to-text", status="done", text="NOTICE", choice=OCR))
    assert text.index("NOTICE") < text.index("rapidocr") < text.index("mended")


async def test_failures_are_told_as_failures() -> None:
    text = await answer(Result(id=0, task="image-to-text", status="failed", error="The model is gone."))
    assert "failed" in text
    assert "The model is gone." in text


async def test_files_are_links_and_pictures_show() -> None:
    text = await answer(
        Result(id=0, task="canny-control", status="done", files=["out/edges.png"], choice=OCR),
        Result(id=1, task="text-to-speech", status="done", files=["out/speech.wav"], choice=OCR),
    )
    assert "![edges.png](out/edges.png)" in text
    assert "\n[speech.wav](out/speech.wav)" in text


async def test_confidences_are_shown() -> None:
    scored = [{"label": "neutral", "score": 0.1}, {"label": "positive", "score": 0.9}]
    text = await answer(Result(id=0, task="text-classification", status="done", data=scored, choice=OCR))
    assert text.index("positive: 90.0%") < text.index("neutral: 10.0%")


def test_long_text_is_cut_between_words_and_says_how_much_is_left_out() -> None:
    text = shorten("word " * 1000, 100)
    assert text.startswith("word word")
    assert text.endswith("more characters)")
    assert "wo ..." not in text
