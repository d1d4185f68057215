"""Every snippet of docs/clients.md, run as it stands against servers with keys: address, key and file are put in."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.server import keys
from tests.clients.test_clients import BIN, FIRST, NOTICE
from tests.clients.test_javascript import HERE
from tests.server.inside import listening, new_key
from tests.server.process import start_dev
from tests.support import ROOT

PAGE = (ROOT / "docs" / "clients.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ASYNC = """
import ast, asyncio, inspect, sys
ran = eval(compile(sys.stdin.read(), "docs/clients.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
if inspect.iscoroutine(ran):
    asyncio.run(ran)
"""
CONFIGURED = """
import asyncio, json, sys
from fastmcp import Client

async def main():
    async with Client(json.load(sys.stdin)) as client:
        print(await client.call_tool("text-classification", {"text": "I am so happy"}))

asyncio.run(main())
"""
ELSEWHERE = {  # packages that are not in the server's own environment
    "fastmcp": BIN / "python",
    "litellm": BIN / FIRST,
    "langchain_mcp_adapters": BIN / FIRST,
    "streamablehttp_client": BIN / FIRST,
}


@dataclass
class Servers:
    """Two servers with keys: one with our routes, and LangGraph's."""

    ours: str
    langgraph: str
    key: str

    def put_in(self, snippet: str) -> str:
        for what, instead in {
            "http://127.0.0.1:8004": self.ours,
            "http://127.0.0.1:2024": self.langgraph,
            "KEY": self.key,
            "https://...": NOTICE,
        }.items():
            snippet = snippet.replace(what, instead)
        return snippet


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("documented")
    key, file = new_key(folder, "ann"), folder / "keys.json"
    assert keys.load(file).owner(key) == "ann"
    server = start_dev(folder / "dev", HUGGINGGPT_KEYS=str(file))
    try:
        with listening(folder, keys=file) as address:
            yield Servers(address, server.url, key)
    finally:
        server.stop()


def command(language: str, snippet: str, folder: Path) -> list[str]:
    """What runs a snippet that it is given."""
    if language == "python":
        where = next((place for name, place in ELSEWHERE.items() if name in snippet), sys.executable)
        return [str(where), "-c", ASYNC]
    if language == "yaml":
        (folder / "extra-openai-models.yaml").write_text(snippet)
        return [str(BIN / "llm"), "-m", "hugginggpt", "Is the tone of 'I am so happy' positive?"]
    return {
        "json": [str(BIN / "python"), "-c", CONFIGURED],
        "javascript": ["node", "--input-type=module", "-"],
        "console": ["bash", "-s"],
    }[language]


@pytest.mark.parametrize(("language", "snippet"), SNIPPETS, ids=range(len(SNIPPETS)))
def test_a_snippet_gives_its_answer(servers: Servers, tmp_path: Path, language: str, snippet: str) -> None:
    snippet = servers.put_in(snippet)
    env = {"LLM_USER_PATH": str(tmp_path), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    (tmp_path / "keys.json").write_text(json.dumps({"hugginggpt": servers.key}))
    ended = subprocess.run(  # noqa: S603 - our own document
        command(language, snippet, tmp_path),
        cwd=HERE if language == "javascript" else tmp_path,
        input="" if language == "yaml" else snippet,
        capture_output=True,
        text=True,
        timeout=200,
        env=os.environ | env,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    expected = "Welcome to our garden" if NOTICE in snippet else "-" if "assistants.create" in snippet else "positive"
    assert expected in ended.stdout
