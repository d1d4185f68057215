"""Whatever goes wrong at an endpoint is one of our errors."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.hub import Hub
from tests.tools.backends.endpoint.calls import TOKEN, ask
from tools import errors
from tools.backends.endpoint import Endpoint
from tools.settings import process_settings

FAULTS: list[tuple[str, type[errors.HuggingGPTError], str, float | None]] = [
    ("loading", errors.ModelLoading, "still loading", 20),
    ("rate", errors.RateLimited, "too often", 7),
    ("rate-by-date", errors.RateLimited, "too often", 0),
    ("rate-silent", errors.RateLimited, "too often", 5),
    ("rate-for-a-day", errors.RateLimited, "too often", 60),
    ("payment", errors.PaymentRequired, "credits", None),
    ("key", errors.ModelUnavailable, "refused the key", None),
    ("gated", errors.ModelUnavailable, "gated", None),
    ("missing", errors.ModelUnavailable, "does not exist", None),
    ("gone", errors.ModelUnavailable, "gone", None),
    ("bad-input", errors.ModelError, "inputs must be a string", None),
    ("memory", errors.OutOfMemory, "out of memory", None),
    ("broken", errors.ModelError, "Internal error", 2),
    ("gateway", errors.ModelTimeout, "in time", None),
    ("html", errors.BadOutput, "not a result", None),
    ("empty", errors.BadOutput, "not a result", None),
    ("null", errors.BadOutput, "not a result", None),
    ("other-json", errors.BadOutput, "not a result", None),
    ("other-list", errors.BadOutput, "not a result", None),
    ("bytes", errors.BadOutput, "not a result", None),
    ("deep", errors.BadOutput, "not a result", None),
    ("slow", errors.ModelTimeout, "in time", None),
    ("cut", errors.ModelError, "broke off", 1),
]


@pytest.mark.parametrize(("fault", "kind", "says", "wait"), FAULTS, ids=[fault for fault, *_ in FAULTS])
@pytest.mark.parametrize("task", ["text-classification", "depth-estimation", "conversational", "text-to-image"])
async def test_whatever_goes_wrong_is_one_of_our_errors(
    task: str,
    fault: str,
    kind: type[errors.HuggingGPTError],
    says: str,
    wait: float | None,
    remote: Hub,
    config: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HUGGINGGPT_ENDPOINT_TIMEOUT", "0.3" if fault == "slow" else "30")
    process_settings.cache_clear()
    url = f"{remote.url}/fault/{fault}"
    config(f'task = "{task}"\nmodel = "{url}"\ntoken_env = "HF_TOKEN"')
    with pytest.raises(kind) as caught:
        await ask(Endpoint(), task, url, tmp_path)
    assert says in str(caught.value)
    assert isinstance(caught.value, errors.ModelError)
    assert caught.value.retry_after == wait
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_server_that_is_not_there_is_told(config: Callable[..., None], tmp_path: Path) -> None:
    config('task = "text-classification"\nmodel = "http://127.0.0.1:9/x"')
    with pytest.raises(errors.ModelUnavailable, match="cannot be reached"):
        await ask(Endpoint(), "text-classification", "http://127.0.0.1:9/x", tmp_path)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("acme/nobody", "not served as"),
        ("acme/unknown", "does not exist"),
        ("acme/image-classification", "not served as"),
    ],
)
async def test_a_hub_model_that_cannot_do_it_is_told(model: str, says: str, remote: Hub, tmp_path: Path) -> None:
    with pytest.raises(errors.ModelUnavailable, match=says):
        await ask(Endpoint(), "text-classification", model, tmp_path)


async def test_a_translator_for_one_pair_gives_no_other_language(remote: Hub, tmp_path: Path) -> None:
    german = await ask(Endpoint(), "translation", "acme/opus-mt-en-de", tmp_path, language="German")
    assert german.text == "<I live in Berlin>"
    with pytest.raises(errors.ModelUnavailable, match="into de only"):
        await ask(Endpoint(), "translation", "acme/opus-mt-en-de", tmp_path, language="French")
