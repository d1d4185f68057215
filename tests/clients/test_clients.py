"""Clients that people use, unchanged, in an environment of their own: `make clients` installs them and runs this."""

import base64
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.inside import listening
from tests.support import EXAMPLES, ROOT

BIN = ROOT / ".venv-clients" / "bin"
FIRST = "../first/bin/python"  # with the first major version of MCP's own package
ASK = "Is the tone of 'I am so happy' positive?"
NOTICE = "data:image/png;base64," + base64.b64encode((EXAMPLES / "notice.png").read_bytes()).decode()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(tmp_path_factory.mktemp("clients")) as address:
        yield address


def run(*command: str, given: str = "", **env: str) -> str:
    """What a command of the clients' environment prints."""
    ended = subprocess.run(  # noqa: S603 - our own command
        [str(BIN / command[0]), *command[1:]],
        input=given,
        capture_output=True,
        text=True,
        timeout=110,
        env=os.environ | {"OPENAI_API_KEY": "none", "LITELLM_LOCAL_MODEL_COST_MAP": "True"} | env,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


LITELLM = """
import sys, litellm
tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
asked = dict(model="openai/hugginggpt", messages=[{"role": "user", "content": sys.argv[2]}], tools=tools)
where = dict(api_base=f"{sys.argv[1]}/v1", api_key="none")
print(litellm.completion(**asked, **where).choices[0].message.content)
print("".join(chunk.choices[0].delta.content or "" for chunk in litellm.completion(**asked, **where, stream=True)))
"""


def test_litellm_with_tools_whole_and_streamed(url: str) -> None:
    assert run(FIRST, "-c", LITELLM, url, ASK).count("positive") >= 2


def test_llm_with_a_tool_and_an_attachment(url: str, tmp_path: Path) -> None:
    facts = f"model_name: hugginggpt\n  api_base: {url}/v1\n  supports_tools: true\n  vision: true\n"
    (tmp_path / "extra-openai-models.yaml").write_text(f"- model_id: hugginggpt\n  {facts}")
    home = {"LLM_USER_PATH": str(tmp_path)}
    assert "positive" in run("llm", "-m", "hugginggpt", "-T", "llm_version", ASK, **home)
    read = run("llm", "-m", "hugginggpt", "Read the text in it.", "-a", str(EXAMPLES / "notice.png"), **home)
    assert "Welcome to our garden" in read


AGENTS = """
import asyncio, sys
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI

@function_tool
def weather(city: str) -> str:
    return "sunny"

async def main():
    set_tracing_disabled(True)
    client = AsyncOpenAI(base_url=f"{sys.argv[1]}/v1", api_key="none", max_retries=0)
    for kind in (OpenAIResponsesModel, OpenAIChatCompletionsModel):
        agent = Agent(name="a", instructions="Be brief.", model=kind("hugginggpt", client), tools=[weather])
        print((await Runner.run(agent, sys.argv[2])).final_output)
        streamed = Runner.run_streamed(agent, sys.argv[2])
        async for _ in streamed.stream_events():
            pass
        print(streamed.final_output)

asyncio.run(main())
"""
PYDANTIC = """
import asyncio, sys
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

async def main():
    provider = OpenAIProvider(base_url=f"{sys.argv[1]}/v1", api_key="none")
    for kind in (OpenAIResponsesModel, OpenAIChatModel):
        agent = Agent(kind("hugginggpt", provider=provider), instructions="Be brief.")
        agent.tool_plain(weather)
        print((await agent.run(sys.argv[2])).output)
        async with agent.run_stream(sys.argv[2]) as streamed:
            print(await streamed.get_output())

def weather(city: str) -> str:
    return "sunny"

asyncio.run(main())
"""


@pytest.mark.parametrize("script", [AGENTS, PYDANTIC], ids=["OpenAI's agents", "Pydantic AI"])
def test_agents_with_a_tool_by_both_routes_whole_and_streamed(url: str, script: str) -> None:
    printed = [line for line in run("python", "-c", script, url, ASK).splitlines() if line.startswith("positive")]
    assert len(printed) == 4


FASTMCP = """
import asyncio, sys
from fastmcp import Client

async def main():
    async with Client(f"{sys.argv[1]}/mcp") as client:
        print(len(await client.list_tools()))
        picture = sys.stdin.read()
        made = await client.call_tool("image-to-text", {"image": picture})
        print(made.content[0].text)
        made = await client.call_tool("canny-control", {"image": picture})
        print([block.type for block in made.content], made.structured_content["files"])

asyncio.run(main())
"""
FIRST_MAJOR = """
import asyncio, sys
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

async def main():
    async with streamablehttp_client(f"{sys.argv[1]}/mcp") as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        print(len((await session.list_tools()).tools))
        picture = sys.stdin.read()
        made = await session.call_tool("image-to-text", {"image": picture})
        print(made.content[0].text)
        made = await session.call_tool("canny-control", {"image": picture})
        print([block.type for block in made.content], made.structuredContent["files"])

asyncio.run(main())
"""


@pytest.mark.parametrize(("python", "script"), [("python", FASTMCP), (FIRST, FIRST_MAJOR)], ids=["fastmcp", "mcp 1"])
def test_clients_of_mcp_send_a_picture_and_get_one(url: str, python: str, script: str) -> None:
    printed = run(python, "-c", script, url, given=NOTICE)
    assert "Welcome to our garden" in printed
    assert "['text', 'image'] ['http" in printed


ADAPTERS = """
import asyncio, sys
from langchain_mcp_adapters.client import MultiServerMCPClient

async def main():
    client = MultiServerMCPClient({"hugginggpt": {"transport": "streamable_http", "url": f"{sys.argv[1]}/mcp"}})
    tools = {tool.name: tool for tool in await client.get_tools()}
    print(await tools["text-classification"].ainvoke({"text": "I am so happy"}))

asyncio.run(main())
"""


def test_langchain_s_adapters_take_the_tools(url: str) -> None:
    assert "positive" in run(FIRST, "-c", ADAPTERS, url)
