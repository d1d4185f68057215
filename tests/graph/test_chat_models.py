"""Which chat model is the controller, and the real OpenAI client against a server of our own."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from benchmarks.support.fakes import QueueChat
from graph.calling import stream, write_json
from graph.chat_models import ROUTER, chat_model, register, resolve
from graph.planning.author import SCHEMA
from tests.support.loopback import running
from tools.errors import ConfigError, HuggingGPTError, ModelTimeout, ModelUnavailable, RateLimited
from tools.settings import override, process_settings

PLAN = '{"tasks":[{"image-to-text":{"image":"cat.png"}}]}'


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No keys and no settings but those of the test."""
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "HUGGINGGPT_LLM", "HUGGINGGPT_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    process_settings.cache_clear()
    yield
    process_settings.cache_clear()


def test_without_any_key_the_controller_is_offline() -> None:
    assert resolve() == "offline"
    assert chat_model("auto") is None


def test_an_openai_key_comes_before_a_hugging_face_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    assert resolve().startswith("router:")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert resolve().startswith("openai:")


def test_the_token_goes_to_the_router_and_temperature_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    model: Any = chat_model("router:org/model")
    assert (model.openai_api_base, model.model_name, model.temperature) == (ROUTER, "org/model", 0)
    assert "hf_test" not in repr(model)


def test_the_setting_decides_what_auto_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_LLM", "openai:local-model")
    process_settings.cache_clear()
    assert resolve("auto") == "openai:local-model"
    assert resolve("offline") == "offline"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gpt-4o", "names no controller"),
        ("openai:gpt-4o", "set OPENAI_API_KEY"),
        ("router:org/model", "set HF_TOKEN"),
        ("nobody:model", "Choose auto, offline, or PROVIDER:MODEL"),
        ("openai:", "names no controller"),
    ],
)
def test_a_controller_that_is_not_there_is_told_with_the_choices(name: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        chat_model(name)


def test_a_base_url_without_a_model_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_BASE_URL", "http://127.0.0.1:1/v1")
    process_settings.cache_clear()
    with pytest.raises(ConfigError, match="set HUGGINGGPT_LLM"):
        resolve()


def test_a_registered_provider_is_used() -> None:
    model = QueueChat(answers=[])
    register("queue", lambda _: model)
    assert chat_model("queue:any") is model


@dataclass
class Server:
    """An OpenAI-compatible stand-in: answers with ``content`` or ``status``, after ``delay`` seconds."""

    content: str = PLAN
    status: int = 200
    refuse_json: bool = False
    delay: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is http.server's
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.asked.append(body)
            server.keys.append(self.headers.get("Authorization", ""))
            stopped.wait(server.delay)
            status = 400 if server.refuse_json and "response_format" in body else server.status
            if status != 200:
                return self._send(status, "application/json", json.dumps({"error": {"message": "sk-secret"}}))
            if body.get("stream"):
                return self._send(200, "text/event-stream", _events(server.content))
            message = {"role": "assistant", "content": server.content}
            return self._send(200, "application/json", json.dumps(_completion(message=message)))

        def _send(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            with suppress(BrokenPipeError):  # the caller has gone
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is http.server's
            """Say nothing."""

    stopped = threading.Event()
    return Handler


def _completion(**choice: object) -> dict[str, Any]:
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [_choice(**choice)]}


def _choice(**more: object) -> dict[str, Any]:
    return {"index": 0, "finish_reason": "stop", **more}


def _events(content: str) -> str:
    pieces = [content[at : at + 7] for at in range(0, len(content), 7)]
    chunks = [_completion(delta={"role": "assistant", "content": piece}, finish_reason=None) for piece in pieces]
    chunks.append(_completion(delta={}))
    lines = [f"data: {json.dumps({**chunk, 'object': 'chat.completion.chunk'})}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    stand_in = Server()
    with running(ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand_in))) as http:
        stand_in.url = f"http://127.0.0.1:{http.server_port}/v1"
        monkeypatch.setenv("HUGGINGGPT_BASE_URL", stand_in.url)
        process_settings.cache_clear()
        yield stand_in


async def ask(name: str = "openai:some-model") -> str:
    model = chat_model(name)
    assert model is not None
    quick = model.model_copy(update={"max_retries": 0})
    return await write_json(quick, [HumanMessage("x")], SCHEMA, name)


async def test_the_real_client_streams_a_plan_in_json_mode(server: Server) -> None:
    assert await ask() == PLAN
    asked = server.asked[0]
    assert (asked["stream"], asked["temperature"]) == (True, 0)
    assert asked["response_format"] == {"type": "json_object"}


async def test_a_model_known_to_write_to_a_schema_is_given_it(server: Server) -> None:
    assert await ask("openai:gpt-4o-mini") == PLAN
    assert server.asked[0]["response_format"]["type"] == "json_schema"


async def test_a_server_that_refuses_json_mode_is_asked_for_plain_text(server: Server) -> None:
    server.refuse_json = True
    assert await ask() == PLAN
    assert ["response_format" in asked for asked in server.asked] == [True, False]


async def test_the_real_client_without_streaming(server: Server) -> None:
    model = chat_model("openai:some-model")
    assert model is not None
    assert (await model.ainvoke("x")).text == PLAN


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "kind"), [(401, ConfigError), (404, ConfigError), (429, RateLimited), (500, ModelUnavailable)]
)
async def test_every_failure_is_one_of_ours_and_never_quotes_a_key(
    server: Server, status: int, kind: type[HuggingGPTError]
) -> None:
    server.status = status
    with pytest.raises(kind) as caught:
        await ask()
    assert "sk-secret" not in str(caught.value)


async def test_a_silent_server_is_given_up(server: Server) -> None:
    server.delay = 3
    override(llm_silence=0.2)
    with pytest.raises(ModelTimeout):
        await ask()


@pytest.mark.slow
async def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_BASE_URL", "http://127.0.0.1:9/v1")
    process_settings.cache_clear()
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await ask()


async def test_no_key_of_the_owner_goes_to_a_server_by_a_clients_choice(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run names a provider and a model only; where the owner set a server, the Hugging Face token stays here."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    await ask("openai:some-model")
    assert server.keys == ["Bearer none"]


async def test_a_caller_who_goes_away_ends_the_call(server: Server) -> None:
    server.delay = 3
    model = chat_model("openai:some-model")
    assert model is not None

    async def consume() -> None:
        async for _ in stream(model, [HumanMessage("x")], "test", {}):
            pass

    call = asyncio.create_task(consume())
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


@pytest.mark.slow
async def test_a_model_runs_in_this_process_and_is_loaded_once(tmp_path: Path) -> None:
    _tiny_chat_model(tmp_path)
    model = await asyncio.to_thread(chat_model, f"huggingface:{tmp_path}")
    assert model is not None
    assert await write_json(model, [HumanMessage("hello")], SCHEMA, "tiny")
    assert chat_model(f"huggingface:{tmp_path}") is model


@pytest.mark.slow
def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be loaded here"):
        chat_model(f"huggingface:{tmp_path}")


def _tiny_chat_model(folder: Path) -> None:
    """A random model with a byte tokenizer and a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = Tokenizer(models.BPE())
    letters.pre_tokenizer, letters.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False)
    letters.train_from_iterator(["hello"], trainer)
    special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, **special)
    tokenizer.chat_template = "{% for m in messages %}<s>{{ m['content'] }}</s>{% endfor %}"
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
