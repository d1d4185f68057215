"""Added task types on our own server: tools of its MCP, asked for through OpenAI's API, and shown on the page."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mcp import Client

from tests.server.process import Server, start

TOOLS = """
[[tools]]
kind = "function"
source = "dice:roll"
name = "roll-dice"
read_only = true
purpose = "roll some dice"
words = ["roll ~ dice"]
slots = [
    {name = "sides", parameter = "sides", json_schema = {type = "integer", minimum = 2}, required = false},
]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "tools.toml").write_text(TOOLS)
    (tmp_path / "dice.py").write_text(
        'def roll(sides: int = 6) -> str:\n    """Roll."""\n    return f"a die of {sides}"\n'
    )
    running = start(["app.cli.main", "serve"], tmp_path, "/health")
    yield running
    running.stop()


async def test_added_task_types_are_served_like_all_others(server: Server) -> None:
    async with Client(f"{server.url}/mcp") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        sides = tools["roll-dice"].input_schema["properties"]["sides"]
        rolled = await client.call_tool("roll-dice", {"sides": 20})
        refused = await client.call_tool("roll-dice", {"sides": 1})
    assert sides["anyOf"][0] == {"type": "integer", "minimum": 2}
    assert rolled.content[0].text == "a die of 20"  # type: ignore[union-attr]  # a text
    assert (refused.is_error, "1 is less than the minimum of 2" in str(refused.content)) == (True, True)
    asked = {"model": "hugginggpt", "messages": [{"role": "user", "content": "Roll a dice with 12 sides"}]}
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(f"{server.url}/v1/chat/completions", json=asked)
    assert "a die of 12" in answer.json()["choices"][0]["message"]["content"]
