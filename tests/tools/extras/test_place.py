"""Places and what opens them: variables are named, and their values never shown."""

import pytest
from pydantic import ValidationError

from graph.tracing import scrub
from tools import extras
from tools.errors import ConfigError
from tools.extras.place import Place


@pytest.mark.parametrize(
    "given",
    [
        {"source": "https://ann:pass-word@example.com/mcp"},
        {"source": "https://example.com/mcp?api_key=pass-word"},
        {"token": "pass-word"},
        {"login": "ann:pass-word"},
        {"headers": {"Authorization": "Bearer pass-word"}},
        {"env": {"GITHUB_TOKEN": "pass-word"}},
    ],
)
async def test_a_secret_is_never_written_down(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Place(**{"kind": "mcp", "source": "https://example.com/mcp", **given})
    with pytest.raises(ConfigError) as refused:
        await extras.add(**{"source": "https://example.com/mcp", "kind": "mcp", **given})
    assert "pass-word" not in str(refused.value)


def test_variables_are_filled_in_for_connecting_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(
        kind="mcp",
        source="https://example.com/mcp?key=${MY_KEY}",
        token="env:MY_TOKEN",  # noqa: S106 - a variable's name
        headers={"X-Key": "${MY_KEY}", "X-Client": "hugginggpt"},
    )
    assert place.variables == ["MY_TOKEN", "MY_KEY"]
    assert place.lacks == "the variables MY_TOKEN and MY_KEY are not set"
    with pytest.raises(ConfigError, match="The variable MY_KEY is not set"):
        _ = place.address
    monkeypatch.setenv("MY_KEY", "open-sesame")
    monkeypatch.setenv("MY_TOKEN", "barley")
    assert (place.lacks, place.address, place.secret()) == (None, "https://example.com/mcp?key=open-sesame", "barley")
    assert place.filled(place.headers) == {"X-Key": "open-sesame", "X-Client": "hugginggpt"}
    assert place.masked({"said": ["I got barley and open-sesame"]}) == {"said": ["I got [secret] and [secret]"]}
    assert "sesame" not in repr(place)


async def test_what_opens_an_added_tool_is_kept_out_of_traces(mcp_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_WORD", "open-sesame")
    await extras.add(mcp_url, only="motto", headers={"X-Word": "${HOUSE_WORD}"})
    assert scrub("they said open-sesame to me") == "they said [secret] to me"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("/opt/env/bin/python /home/ann/server.py --word sesame", "server.py"),
        ("npx -y @scope/server-letters", "server-letters"),
        ("python -m letters", "letters"),
        ("letters", "letters"),
        ("https://example.com/mcp/", "https://example.com/mcp"),
    ],
)
def test_answers_name_the_program_without_its_folders_and_options(source: str, shown: str) -> None:
    assert Place(kind="mcp", source=source).shown == shown
