"""What clients of OpenAI send beside the plainest request, through OpenAI's own client and LangChain's."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import soundfile
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from PIL import Image
from pydantic import SecretStr

from benchmarks.support.stubs import StubBackend
from tests.server.inside import listening, new_key
from tests.support import EXAMPLES
from tests.support.openai_server import OpenAIServer, openai_server
from tools.protocol import Audio, Call, Output

ASK: Any = [{"role": "user", "content": "Is the tone of 'I am so happy' positive?"}]
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(tmp_path_factory.mktemp("openai")) as address:
        yield f"{address}/v1"


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as opened:
        yield opened


def said(client: openai.OpenAI, **more: Any) -> str:  # noqa: ANN401 - any field
    made = client.chat.completions.create(model="hugginggpt", messages=more.pop("messages", ASK), **more)
    return str(made.choices[0].message.content)


# The chat API


def test_what_clients_send_by_habit_changes_nothing(client: openai.OpenAI) -> None:
    habits: dict[str, Any] = {
        "tools": TOOLS,
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "service_tier": "auto",
        "logprobs": False,
        "stream": None,
        "modalities": ["text"],
        "temperature": 0.2,
        "seed": 1,
        "user": "x",
        "extra_body": {"chat_id": "x", "think": False},
    }
    assert "positive" in said(client, **habits)


def test_the_history_of_an_agent_is_taken(client: openai.OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    history: Any = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "How is the weather?"},
        {"role": "assistant", "content": None, "refusal": None, "tool_calls": [call], "provider_specific_fields": {}},
        {"role": "tool", "tool_call_id": "c1", "content": "Sunny."},
        {"role": "assistant", "content": "Sunny."},
        *ASK,
    ]
    assert "positive" in said(client, messages=history)


def test_an_answer_ends_before_a_stop_sequence_and_after_max_tokens(client: openai.OpenAI) -> None:
    whole = said(client)
    assert said(client, stop="positive") == whole.partition("positive")[0]
    cut = client.chat.completions.create(model="hugginggpt", messages=ASK, max_tokens=2)
    assert cut.choices[0].finish_reason == "length"
    assert cut.choices[0].message.content == whole[:8]
    chunks = client.chat.completions.create(
        model="hugginggpt", messages=ASK, max_completion_tokens=2, stop=["nothing"], stream=True
    )
    pieces = [chunk.choices[0] for chunk in chunks]
    assert "".join(piece.delta.content or "" for piece in pieces) == whole[:8]
    assert pieces[-1].finish_reason == "length"


@pytest.mark.parametrize("more", [{"n": 2}, {"logprobs": True}, {"max_tokens": 0}, {"response_format": {"type": "x"}}])
def test_what_cannot_be_honoured_is_refused(client: openai.OpenAI, more: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError, match=next(iter(more))):
        said(client, **more)


def test_json_needs_a_model_that_writes_it(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="needs a language model"):
        said(client, response_format={"type": "json_object"})


def test_the_model_can_be_asked_for(client: openai.OpenAI) -> None:
    assert client.models.retrieve("hugginggpt").id == "hugginggpt"
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-9'"):
        client.models.retrieve("gpt-9")


TITLE = """### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
<chat_history>
USER: Read the notice in the picture aloud, please
ASSISTANT: Here it is.
</chat_history>"""


@pytest.mark.parametrize(
    ("key", "instead", "value"),
    [("title", '"x"', "Read the notice in the"), ("tags", '["x"]', []), ("follow_ups", '["x"]', [])],
)
def test_what_open_webui_asks_for_itself_is_answered_and_not_planned(
    client: openai.OpenAI, key: str, instead: str, value: object
) -> None:
    prompt = TITLE.replace('"title": "your concise title here"', f'"{key}": {instead}')
    assert json.loads(said(client, messages=[{"role": "user", "content": prompt}])) == {key: value}


def test_errors_have_openai_s_shape_whoever_refuses(url: str, tmp_path: Path) -> None:
    new_key(tmp_path, "ann")
    with listening(tmp_path, keys=tmp_path / "keys.json") as guarded:
        keyless = httpx.get(f"{guarded}/v1/models")
    assert keyless.headers["www-authenticate"].startswith("Bearer")
    for reply in (
        keyless,
        httpx.post(f"{url}/chat/completions", content=b"[" * 1000, headers={"Content-Type": "application/json"}),
        httpx.post(f"{url}/chat/completions", content=b"{}", headers={"Content-Type": "text/plain"}),
        httpx.get(f"{url}/models/none"),
    ):
        error = reply.json()["error"]
        assert reply.status_code >= 400
        assert set(error) == {"message", "type", "param", "code"}


# With a language model as the controller


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-owner")
    with openai_server() as server:
        yield server


@pytest.fixture
def asking(model: OpenAIServer, tmp_path: Path) -> Iterator[openai.OpenAI]:
    with (
        listening(tmp_path, llm="openai:small", base_url=model.url) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


def test_system_messages_reach_planning_and_answering(asking: openai.OpenAI, model: OpenAIServer) -> None:
    plan = {"tasks": [{"task": "text-classification", "id": 0, "dep": [], "args": {"text": "I am so happy"}}]}
    model.answers = [json.dumps(plan), *["Very positive."] * 5]
    system: Any = {"role": "system", "content": "Talk like a pirate."}
    assert "Very positive." in said(asking, messages=[system, *ASK])
    planning, answering = json.dumps(model.asked[0]["messages"]), json.dumps(model.asked[-1]["messages"])
    assert "Talk like a pirate." in planning
    assert "Talk like a pirate." in answering


def test_an_answer_can_be_json_that_fits_a_schema(asking: openai.OpenAI, model: OpenAIServer) -> None:
    schema = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "mood", "schema": schema, "strict": True}}
    model.answers = [json.dumps({"reply": "It is good."}), '{"mood": "splendid"}', '{"mood": "good"}']
    assert json.loads(said(asking, response_format=wanted)) == {"mood": "good"}
    assert "splendid" in json.dumps(model.asked[-1]["messages"])  # it was told what did not fit
    wanted["json_schema"]["schema"] = {"$ref": "https://elsewhere.example/schema.json"}
    model.answers = [json.dumps({"reply": "It is good."}), "{}", "{}"]
    with pytest.raises(openai.APIStatusError, match="fits the schema"):
        said(asking, response_format=wanted)
    wanted["json_schema"]["schema"] = {"type": "string", "pattern": "(a+)+$"}
    with pytest.raises(openai.BadRequestError, match="no pattern"):
        said(asking, response_format=wanted)


def test_a_title_is_written_by_the_model_and_not_planned(asking: openai.OpenAI, model: OpenAIServer) -> None:
    model.answers = ['{"title": "A Notice"}']
    assert json.loads(said(asking, messages=[{"role": "user", "content": TITLE}])) == {"title": "A Notice"}
    assert len(model.asked) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_a_title_leads_nowhere_that_the_conversation_does_not(
    asking: openai.OpenAI, model: OpenAIServer, *, stream: bool
) -> None:
    model.answers = ['{"title": "![A](https://evil.example/a) Notice", "tags": ["<img src=//evil.example>"]}']
    asked: Any = [{"role": "user", "content": TITLE}]
    if stream:
        pieces = asking.chat.completions.create(model="hugginggpt", messages=asked, stream=True)
        title = json.loads("".join(piece.choices[0].delta.content or "" for piece in pieces))
    else:
        title = json.loads(said(asking, messages=asked))
    assert title == {"title": "A Notice", "tags": ["&lt;img src=//evil.example>"]}


def test_json_that_fits_a_schema_holds_the_links_of_the_answer_alone(
    asking: openai.OpenAI, model: OpenAIServer
) -> None:
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "links", "schema": {"type": "object"}}}
    asked: Any = [{"role": "user", "content": "Hello, is www.good.example/a up?"}]
    model.answers = [
        json.dumps({"reply": "I cannot look at www.good.example/a from here."}),
        '{"right": "www.good.example/a", "wrong": ["see [it](https://evil.example/b)"]}',
    ]
    assert json.loads(said(asking, messages=asked, response_format=wanted)) == {
        "right": "www.good.example/a",
        "wrong": ["see it"],
    }


def test_a_stream_that_fails_ends_with_an_error_and_done(tmp_path: Path) -> None:
    body = {"model": "hugginggpt", "messages": ASK, "stream": True}
    with listening(tmp_path, llm="nobody:model") as address:
        lines = httpx.post(f"{address}/v1/chat/completions", json=body, timeout=60).text.split("\n\n")
    assert "nobody:model is no controller" in json.loads(lines[-3].removeprefix("data: "))["error"]["message"]
    assert lines[-2] == "data: [DONE]"


# The other routes


def test_responses_are_made_whole_and_streamed(client: openai.OpenAI) -> None:
    whole = client.responses.create(model="hugginggpt", input=ASK[0]["content"], instructions="Be brief.")
    assert "positive" in whole.output_text
    assert whole.status == "completed"
    events = list(client.responses.create(model="hugginggpt", input=ASK, stream=True, tools=[], store=False))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == "response.completed"
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text
    picture = base64.b64encode((EXAMPLES / "notice.png").read_bytes()).decode()
    content: Any = [
        {"type": "input_text", "text": "Read the text in this picture."},
        {"type": "input_image", "image_url": f"data:image/png;base64,{picture}"},
    ]
    read = client.responses.create(model="hugginggpt", input=[{"role": "user", "content": content}])
    assert "Welcome to our garden" in read.output_text
    with pytest.raises(openai.BadRequestError, match="previous_response_id"):
        client.responses.create(model="hugginggpt", input="And now?", previous_response_id="resp_1")
    with pytest.raises(openai.BadRequestError, match="prompt"):
        client.responses.create(model="hugginggpt", prompt={"id": "pmpt_1"}, input="And now?")
    cut = client.responses.create(model="hugginggpt", input=ASK, max_output_tokens=2)
    assert (cut.status, len(cut.output_text)) == ("incomplete", 8)


async def answer(call: Call) -> Output:
    """A model of every kind."""
    if call.task.name == "feature-extraction":
        return Output("a vector", [0.25, -0.5, float(len(call.inputs["text"]))])
    if call.task.name == "text-to-image":
        return Output(media=(Image.new("RGB", (64, 48), "red"),))
    if call.task.name == "text-to-speech":
        return Output(media=(Audio(np.sin(np.arange(16_000) / 9).astype(np.float32), 16_000),))
    return Output(text=f"{len(call.inputs['audio'].samples)} samples" + " of a long speech" * 2000)


@pytest.fixture
def doing(stubs: Callable[..., StubBackend], tmp_path: Path) -> Iterator[openai.OpenAI]:
    stubs(anything=answer)
    with (
        listening(tmp_path) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


def test_texts_become_vectors(doing: openai.OpenAI) -> None:
    made = doing.embeddings.create(model="any", input=["a", "abc"])  # as base64, the client's default
    assert [each.embedding for each in made.data] == [[0.25, -0.5, 1.0], [0.25, -0.5, 3.0]]
    assert made.model == "anything"
    plain = doing.embeddings.create(model="any", input="a", encoding_format="float")
    assert plain.data[0].embedding == [0.25, -0.5, 1.0]
    with pytest.raises(openai.BadRequestError, match="3 dimensions"):
        doing.embeddings.create(model="any", input="a", dimensions=7)
    embed = OpenAIEmbeddings(
        base_url=str(doing.base_url), api_key=SecretStr("none"), model="any", check_embedding_ctx_length=False
    )
    assert embed.embed_documents(["a", "abc"])[1] == [0.25, -0.5, 3.0]


def test_pictures_are_made_in_the_size_and_format_that_was_asked_for(doing: openai.OpenAI) -> None:
    linked = doing.images.generate(prompt="A red field", n=2).data or []
    assert [httpx.get(str(each.url)).headers["content-type"] for each in linked] == ["image/png"] * 2
    (sized,) = doing.images.generate(prompt="A field", size="512x512", output_format="jpeg").data or []
    with Image.open(io.BytesIO(base64.b64decode(str(sized.b64_json)))) as picture:
        assert (picture.size, picture.format) == ((512, 512), "JPEG")


@pytest.mark.parametrize(("how", "seconds"), [("mp3", 1), ("opus", 1), ("flac", 1), ("wav", 1), ("pcm", 1)])
def test_speech_comes_in_the_format_that_was_asked_for(doing: openai.OpenAI, how: Any, seconds: int) -> None:  # noqa: ANN401
    made = doing.audio.speech.create(model="tts-1", voice="alloy", input="Hello", response_format=how).read()
    more = {"format": "RAW", "subtype": "PCM_16", "samplerate": 24_000, "channels": 1} if how == "pcm" else {}
    samples, rate = soundfile.read(io.BytesIO(made), **more)
    assert len(samples) / rate == pytest.approx(seconds, abs=0.1)


def test_recordings_become_text(doing: openai.OpenAI) -> None:
    recording = (EXAMPLES / "greeting.wav").read_bytes()
    made = doing.audio.transcriptions.create(model="whisper-1", file=("greeting.wav", recording))
    assert made.text.endswith("samples" + " of a long speech" * 2000)
    plain: Any = doing.audio.transcriptions.create(model="whisper-1", file=("a.wav", recording), response_format="text")
    assert str(plain).strip() == made.text
    events = list(doing.audio.transcriptions.create(model="whisper-1", file=("a.wav", recording), stream=True))
    assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.done"]
    assert {getattr(event, "delta", made.text) for event in events} == {made.text}


@pytest.mark.parametrize("timed", ["srt", "vtt", "verbose_json", "diarized_json"])
def test_a_transcription_with_times_is_refused(doing: openai.OpenAI, timed: Any) -> None:  # noqa: ANN401
    recording = (EXAMPLES / "greeting.wav").read_bytes()
    with pytest.raises(openai.BadRequestError, match="needs times"):
        doing.audio.transcriptions.create(model="whisper-1", file=("a.wav", recording), response_format=timed)


def test_a_route_that_is_not_here_is_told(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="nothing at /v1/images/edits"):
        client.images.edit(image=("a.png", b"\xff\xfe" * 50), prompt="Paint it red")
    with pytest.raises(openai.NotFoundError, match="nothing at /v1/moderations"):
        client.moderations.create(input="Hello")


def test_a_task_that_nothing_here_can_do_is_told(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError, match="No model can do"):
        client.images.generate(prompt="A lighthouse")


# LangChain


def test_langchain_s_chat_model_with_tools(url: str) -> None:
    @tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return f"sunny in {city}"

    chat = ChatOpenAI(base_url=url, api_key=SecretStr("none"), model="hugginggpt", max_retries=0).bind_tools([weather])
    assert "positive" in chat.invoke(ASK).text
    assert "positive" in "".join(piece.text for piece in chat.stream(ASK))
