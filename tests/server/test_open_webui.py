"""What Open WebUI 0.12.4 sends in its default install: bodies recorded between it and our server, prompts shortened."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.inside import listening
from tests.support.openai_server import openai_server

ASK = "Is the tone of 'I am so happy' positive?"
TOOL = {"type": "function", "function": {"name": "get_current_timestamp", "parameters": {"type": "object"}}}
HISTORY = f"\n### Chat History:\n<chat_history>\nUSER: {ASK}\nASSISTANT: Yes, {{'tone': 1}}.\n</chat_history>"
TITLE = """### Task:
Generate a concise title summarizing the chat history.
### Output:
JSON format: { "title": "your concise title here" }
### Examples:
- { "title": "Stock Trends" }"""
TAGS = '### Task:\nGenerate 1-3 broad tags.\n\n### Output:\nJSON format: { "tags": ["tag1", "tag2", "tag3"] }\n'
FOLLOW_UPS = '### Task:\nPredict 3-5 useful messages.\n### Output:\nJSON format: { "follow_ups": ["Suggested 1"] }'
QUERIES = """### Task:
Analyze the chat history to determine the necessity of generating search queries, in the given language.
### Guidelines:
- If no useful results can be retrieved by a search, return: { "queries": [] }.
### Output:
Strictly return in JSON format:\x20
{
  "queries": ["query1", "query2"]
}
"""
PICTURE_PROMPT = (
    '### Task:\nGenerate a detailed prompt.\n### Output:\n{\n    "prompt": "Your detailed description here."\n}\n'
)
EMOJI = "Your task is to reflect the speaker's likely facial expression through an emoji.\n\nMessage: ```I win```"
MERGE = 'You have been provided with a set of responses from various models to the latest user query: "Hi"\n\nYour task'
COMPACT = "### Task:\nSummarize the conversation history.\n\n### Messages Being Compacted:\nUSER: Hi\n"
TOOLS_PROMPT = 'Available Tools: [{"name": "weather"}]\n\nIf no tools match, return:\n {\n "tool_calls": []\n }'
SOURCE = '<source id="1" name="garden.txt" resource-type="file" resource-id="37660d5d">'
DOCUMENT = f"""### Task:
Respond to the user query using the provided context, incorporating inline citations in the format [id].

### Output:
Provide a clear and direct response to the user's query (e.g., <source id="1">).

<context>
{SOURCE}The garden opens at nine and closes at six.</source>
{SOURCE}Dogs must be kept on a lead.</source>
</context>

<attached_files>
<file type="file" id="37660d5d" url="37660d5d" name="garden.txt"/>
</attached_files>

When does the garden open?"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(tmp_path_factory.mktemp("open_webui")) as address:
        yield f"{address}/v1/chat/completions"


def answer(url: str, *prompts: str, **more: Any) -> str:  # noqa: ANN401 - any field
    roles = ["system", "user"][-len(prompts) :]
    messages = [{"role": role, "content": prompt} for role, prompt in zip(roles, prompts, strict=True)]
    reply = httpx.post(url, json={"model": "hugginggpt", "messages": messages, "stream": False, **more}, timeout=60)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["content"])


def streamed(url: str, prompt: str) -> str:
    body = {"model": "hugginggpt", "messages": [{"role": "user", "content": prompt}], "stream": True, "tools": [TOOL]}
    lines = [line.removeprefix("data: ") for line in httpx.post(url, json=body, timeout=60).text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return "".join(json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines[:-1])


def test_a_message_with_the_tools_of_the_default_install(url: str) -> None:
    assert "positive" in streamed(url, ASK)


def test_a_document_is_a_file_again_and_the_question_is_answered_from_it(url: str) -> None:
    said = streamed(url, DOCUMENT)
    assert "opens at nine" in said
    assert "question-answering" in said


def test_the_name_of_an_attachment_is_not_taken_for_a_path(url: str) -> None:
    attached, _, question = DOCUMENT.partition("</context>\n\n")[2].partition("When")
    assert "HUGGINGGPT_FOLDERS" not in streamed(url, attached + "When" + question)
    assert "positive" in streamed(url, attached + ASK)


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        (TITLE, {"title": "Is the tone of 'I"}),
        (TAGS, {"tags": []}),
        (FOLLOW_UPS, {"follow_ups": []}),
        (QUERIES, {"queries": []}),
        (PICTURE_PROMPT, {"prompt": ""}),
    ],
    ids=["title", "tags", "follow-ups", "queries", "picture"],
)
def test_what_it_asks_for_itself_is_answered_and_not_planned(url: str, prompt: str, reply: dict[str, Any]) -> None:
    assert json.loads(answer(url, prompt + HISTORY, max_tokens=1000)) == reply
    talk_of_json = HISTORY.replace(ASK, 'What is wrong with { "other": [1] }?')
    assert set(json.loads(answer(url, prompt + talk_of_json))) == set(reply)


def test_by_rule_none_of_its_own_tools_is_called(url: str) -> None:
    assert json.loads(answer(url, TOOLS_PROMPT, f"Query: {ASK}")) == {"tool_calls": []}


@pytest.mark.parametrize("prompt", [EMOJI, MERGE, COMPACT], ids=["emoji", "merge", "compact"])
def test_what_no_rule_can_do_is_refused(url: str, prompt: str) -> None:
    body = {"model": "hugginggpt", "messages": [{"role": "user", "content": prompt}], "stream": False, "max_tokens": 4}
    reply = httpx.post(url, json=body)
    assert reply.status_code == 400
    assert "needs a language model" in reply.json()["error"]["message"]


@pytest.mark.parametrize("prompts", [[EMOJI], [MERGE], [COMPACT], [TOOLS_PROMPT, "Query: Hi"]])
def test_a_language_model_is_asked_once_and_nothing_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prompts: list[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-owner")
    with (
        openai_server("So it is.") as model,
        listening(tmp_path, llm="openai:small", base_url=model.url) as address,
    ):
        assert answer(f"{address}/v1/chat/completions", *prompts).strip() == "So it is."
        (asked,) = model.asked
        assert asked["messages"][-1]["content"] == prompts[-1]
