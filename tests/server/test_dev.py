"""`langgraph dev` with the real graph, through the real SDK."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import UnprocessableEntityError

from graph import graph
from graph.context import Context
from tests.server.process import Server, start_dev
from tests.support import ROOT

NOTICE = base64.b64encode((ROOT / "examples" / "notice.png").read_bytes()).decode()
READ = "Read the text in this picture and tell me which language it is in."
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{NOTICE}"}}
GRAPH = "hugginggpt"


def human(*content: Any) -> dict[str, Any]:  # noqa: ANN401 - a text or blocks, as clients send them
    return {"messages": [{"role": "human", "content": content[0] if len(content) == 1 else list(content)}]}


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def results(values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - a state, as JSON
    return [(r["id"], r["task"], r["status"], r["text"]) for r in values["results"]]


@pytest.fixture
async def client(dev: Server) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=dev.url) as opened:
        yield opened


@pytest.fixture
async def slow(waiting: Server) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=waiting.url) as opened:
        yield opened


async def test_a_run_through_the_sdk_equals_the_answer_in_process(client: LangGraphClient, workspace: Path) -> None:
    given = human(text(READ), PICTURE)
    served = await client.runs.wait(None, GRAPH, input=given, context={"llm": "offline", "cache": False})
    here = await graph.ainvoke(given, context=Context(llm="offline", cache=False))
    assert results(served) == results({"results": [result.model_dump() for result in here["results"]]})
    assert served["messages"][-1]["content"] == here["messages"][-1].text
    assert "Welcome to our garden" in served["messages"][-1]["content"]


async def test_the_output_is_small(client: LangGraphClient) -> None:
    served = await client.runs.wait(None, GRAPH, input=human(text(READ), PICTURE))
    assert set(served) == {"messages", "plan", "results"}
    assert NOTICE[:100] not in json.dumps(served)  # the picture itself is in a file


async def test_the_answer_links_to_files_that_the_server_serves(client: LangGraphClient, dev: Server) -> None:
    served = await client.runs.wait(None, GRAPH, input=human(text("Show me the outlines of this picture."), PICTURE))
    answer = served["messages"][-1]["content"]
    link = answer.partition("](")[2].partition(")")[0]
    assert link.startswith(f"{dev.url}/artifacts/")
    assert f"![{link.rpartition('/')[2]}]({link})" in answer
    picture = await client.http.client.get(link)
    assert picture.headers["content-type"] == "image/png"


async def test_studio_finds_nodes_names_descriptions_and_a_form(client: LangGraphClient) -> None:
    (assistant,) = await client.assistants.search()
    assert assistant["name"] == GRAPH
    assert "Hugging Face" in str(assistant["description"])
    drawn = await client.assistants.get_graph(assistant["assistant_id"])
    nodes = {node["id"]: node.get("metadata", {}) for node in drawn["nodes"]}
    assert {"plan", "select", "execute", "respond"} <= set(nodes)
    assert all(nodes[name]["description"] for name in ("plan", "select", "execute", "respond"))
    schemas = await client.assistants.get_schemas(assistant["assistant_id"])
    assert set(schemas["input_schema"]["properties"]) == {"messages", "resources"}  # type: ignore[index]
    form = schemas["context_schema"]["properties"]  # type: ignore[index]
    assert {"llm", "mode", "select", "top_k", "approve_plan"} <= set(form)
    assert all(field.get("description") for field in form.values())
    assert all(set(field["langgraph_nodes"]) <= set(nodes) for field in form.values())
    assert form["instructions"]["langgraph_type"] == "prompt"


async def test_a_plan_is_approved_edited_or_rejected_before_anything_runs(slow: LangGraphClient) -> None:
    asked, context = human('Classify the sentiment of "0 s a". Summarize "0 s b".'), {"approve_plan": True}
    edited: list[Any] = []
    for decision in ("approve", "edit", "reject"):
        thread = (await slow.threads.create())["thread_id"]
        await slow.runs.wait(thread, GRAPH, input=asked, context=context)
        state = await slow.threads.get_state(thread)
        (waiting,) = state["interrupts"]  # type: ignore[typeddict-item]
        (action,) = waiting["value"]["action_requests"]
        assert waiting["value"]["review_configs"][0]["allowed_decisions"] == ["approve", "edit", "reject"]
        assert [task["task"] for task in action["args"]["tasks"]] == ["text-classification", "summarization"]
        answer: dict[str, Any] = {"type": decision}
        if decision == "edit":
            answer["edited_action"] = {"name": action["name"], "args": {"tasks": action["args"]["tasks"][1:]}}
        made = await slow.runs.wait(thread, GRAPH, command={"resume": {"decisions": [answer]}}, context=context)
        edited.append([result["task"] for result in made["results"] if result["status"] == "done"])
    assert edited == [["text-classification", "summarization"], ["summarization"], []]


async def test_a_conversation_remembers_its_picture(client: LangGraphClient) -> None:
    thread = (await client.threads.create())["thread_id"]
    await client.runs.wait(thread, GRAPH, input=human(text("Show me the outlines of this picture."), PICTURE))
    second = await client.runs.wait(thread, GRAPH, input=human("Read the text in the picture."))
    assert "Welcome to our garden" in second["messages"][-1]["content"]
    assert len(second["messages"]) == 4


@pytest.mark.parametrize(
    "modes",
    [
        ["values"],
        ["updates"],
        ["custom"],
        ["messages-tuple"],
        ["tasks"],
        ["checkpoints"],
        ["debug"],
        ["events"],
        ["values", "custom", "messages"],
    ],
)
async def test_every_stream_mode_works(client: LangGraphClient, modes: list[Any]) -> None:
    thread = (await client.threads.create())["thread_id"]
    stream = client.runs.stream(thread, GRAPH, input=human(text(READ), PICTURE), stream_mode=modes)
    parts = [part async for part in stream]
    kinds = {part.event.partition("/")[0] for part in parts}
    assert "error" not in kinds, parts
    expected = {"messages" if mode == "messages-tuple" else mode for mode in modes}
    assert expected <= kinds


async def test_history_can_be_read_and_forked(client: LangGraphClient) -> None:
    thread = (await client.threads.create())["thread_id"]
    await client.runs.wait(thread, GRAPH, input=human(text(READ), PICTURE))
    history = await client.threads.get_history(thread)
    (ready,) = [state for state in history if state["next"] == ["execute"]]
    values: Any = ready["values"]
    edit = {"plan": {"tasks": values["plan"]["tasks"][:1]}, "jobs": values["jobs"][:1]}
    point = ready["checkpoint"]["checkpoint_id"]
    edited = await client.threads.update_state(thread, edit, checkpoint_id=point, as_node="select")
    forked = await client.runs.wait(thread, GRAPH, input=None, checkpoint=edited["checkpoint"])
    assert [result["task"] for result in forked["results"]] == ["image-to-text"]
    with pytest.raises(UnprocessableEntityError, match="valid list"):
        await client.threads.update_state(thread, {"plan": {"tasks": "none"}}, as_node="select")


async def test_a_run_can_be_cancelled_and_the_thread_used_again(slow: LangGraphClient) -> None:
    thread = (await slow.threads.create())["thread_id"]
    run = await slow.runs.create(thread, GRAPH, input=human('Summarize "1000 s"'))
    for _ in range(50):
        if (await slow.threads.get_state(thread))["next"] == ["execute"]:
            break
        await asyncio.sleep(0.1)
    async with asyncio.timeout(60):  # the run itself would take a quarter of an hour
        await slow.runs.cancel(thread, run["run_id"], wait=True)
    assert (await slow.runs.get(thread, run["run_id"]))["status"] == "interrupted"
    again = await slow.runs.wait(thread, GRAPH, input=human('Summarize "0 s"'))
    assert again["results"][0]["status"] == "done"


async def test_runs_on_several_threads_run_at_the_same_time(slow: LangGraphClient) -> None:
    waits = [slow.runs.wait(None, GRAPH, input=human(f'Summarize "1 s {n}"')) for n in range(6)]
    states = await asyncio.gather(*waits)
    assert [state["results"][0]["text"] for state in states] == [f"waited: 1 s {n}" for n in range(6)]
    spans = sorted((state["results"][0]["started"], state["results"][0]["ended"]) for state in states)
    assert any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans))


async def test_two_requests_on_one_thread_are_refused_or_queued(slow: LangGraphClient) -> None:
    thread = (await slow.threads.create())["thread_id"]
    runs = [
        await slow.runs.create(thread, GRAPH, input=human(f'Summarize "0.5 s {n}"'), multitask_strategy="enqueue")
        for n in range(2)
    ]
    for run in runs:
        await slow.runs.join(thread, run["run_id"])
    messages = (await slow.threads.get_state(thread))["values"]["messages"]  # type: ignore[call-overload]
    assert [message["type"] for message in messages] == ["human", "ai", "human", "ai"]


@pytest.mark.parametrize(
    "block",
    [
        PICTURE,
        {"type": "image_url", "image_url": f"data:image/png;base64,{NOTICE}"},
        {"type": "image", "base64": NOTICE, "mime_type": "image/png"},
        {"type": "image", "mimeType": "image/png", "data": NOTICE},
        {"type": "image", "source_type": "base64", "data": NOTICE, "mime_type": "image/png"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": NOTICE}},
        {"type": "file", "file": {"filename": "notice.png", "file_data": f"data:image/png;base64,{NOTICE}"}},
        {"type": "input_image", "image_url": f"data:image/png;base64,{NOTICE}"},
    ],
    ids=["image_url", "flat", "v1", "uploads", "v0", "anthropic", "file", "responses"],
)
async def test_a_picture_is_understood_in_every_spelling(client: LangGraphClient, block: dict[str, Any]) -> None:
    served = await client.runs.wait(None, GRAPH, input=human(text("Read the text in this picture."), block))
    assert "Welcome to our garden" in served["messages"][-1]["content"]


@pytest.mark.parametrize(("option", "value"), [("mode", "warp"), ("aprove_plan", True)])
async def test_a_wrong_option_is_told_and_nothing_runs(client: LangGraphClient, option: str, value: object) -> None:
    thread = (await client.threads.create())["thread_id"]
    with pytest.raises(UnprocessableEntityError, match=option):
        await client.runs.create(thread, GRAPH, input=human("Hello"), context={option: value})  # type: ignore[arg-type]
    assert (await client.threads.get_state(thread))["values"] == {}


async def test_an_error_of_a_run_keeps_its_sentence(client: LangGraphClient) -> None:
    asked, context = human("Is the tone of 'I am happy' positive?"), {"llm": "openai:gpt-5"}
    parts = [part async for part in client.runs.stream(None, GRAPH, input=asked, context=context)]  # type: ignore[arg-type]
    assert parts[-1].event == "error"
    assert "'openai:gpt-5' is not offered here. Choose auto, offline" in parts[-1].data["message"]


@pytest.mark.slow
async def test_state_survives_a_restart(tmp_path: Path) -> None:
    server = start_dev(tmp_path)
    async with get_client(url=server.url) as first:
        thread = (await first.threads.create())["thread_id"]
        await first.runs.wait(thread, GRAPH, input=human(text("Show me the outlines of this picture."), PICTURE))
    server.stop()
    server = start_dev(tmp_path)
    try:
        async with get_client(url=server.url) as second:
            answer = await second.runs.wait(thread, GRAPH, input=human("Read the text in the picture."))
        assert "Welcome to our garden" in answer["messages"][-1]["content"]
    finally:
        server.stop()


async def test_nothing_blocks_the_event_loop(client: LangGraphClient, dev: Server) -> None:
    await client.runs.wait(None, GRAPH, input=human(text("Read this picture aloud and show its outlines."), PICTURE))
    assert "BlockingError" not in dev.log
    assert "Blocking call" not in dev.log
