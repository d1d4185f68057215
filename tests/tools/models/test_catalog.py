"""Which models can do a task, and why others cannot."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.support.hub import Model, serving
from tools.models import catalog
from tools.models import hub as hub_module
from tools.models.facts import ask_hub
from tools.models.hub import Hub
from tools.settings import process_settings
from tools.tasks import TASKS


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings of the owner's, with a token and an empty cache."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HUGGINGGPT_CACHE_FOLDER", str(tmp_path))
    process_settings.cache_clear()
    hub_module.hub.cache_clear()
    yield monkeypatch
    process_settings.cache_clear()
    hub_module.hub.cache_clear()


def test_the_hub_is_asked_for_the_most_downloaded_and_for_those_that_are_served() -> None:
    served = {"hf-inference": "fill-mask"}
    models = {f"acme/m{n}": Model("fill-mask", served if n > 50 else {}, 100 - n) for n in range(60)}
    models["acme/gated"] = Model("fill-mask", gated=True, licence="llama3", downloads=500)
    with serving(models) as server:
        found = {facts.model: facts for facts in ask_hub("fill-mask")}
    assert list(found)[:2] == ["acme/gated", "acme/m0"]
    assert "acme/m45" not in found  # beyond the forty first, and served by nobody
    assert found["acme/m55"].providers == {"hf-inference": "fill-mask"}
    assert (found["acme/gated"].gated, found["acme/gated"].licence) == (True, "llama3")
    best = found["acme/m0"]
    assert (best.parameters, best.languages, best.mask_token) == (1234, ("en",), "<mask>")
    assert (best.architectures, best.safetensors, best.remote_code) == (("BertForSequenceClassification",), True, False)
    assert (best.revision, best.approximate) == ("a" * 40, False)
    assert abs((date.today() - best.as_of).days) <= 1
    assert sum(request.path.startswith("/api/models?") for request in server.requests) == 2


def test_a_hub_that_answers_takes_the_snapshots_place(tmp_path: Path) -> None:
    with serving({"acme/live": Model("fill-mask")}):
        known = Hub(tmp_path, 3600)
        assert known.known("fill-mask")[0].approximate
        known.settle(5)
        assert [facts.model for facts in known.known("fill-mask")] == ["acme/live"]


def test_models_that_can_run_come_first_and_the_others_say_why_not(owner: pytest.MonkeyPatch) -> None:
    rows = catalog.explain(TASKS["summarization"], "endpoint")
    reasons = [reason for _, reason in rows]
    assert reasons == sorted(reasons, key=lambda reason: reason is not None)
    assert {each.model for each, reason in rows if reason is None} == {
        each.model for each in catalog.candidates(TASKS["summarization"], "endpoint")
    }
    assert "no inference provider serves it" in reasons


def test_only_licences_that_the_owner_allows(owner: pytest.MonkeyPatch) -> None:
    owner.setenv("HUGGINGGPT_LICENCES", '["MIT"]')
    process_settings.cache_clear()
    found = catalog.candidates(TASKS["summarization"], "endpoint")
    assert {each.licence for each in found} == {"mit"}
    reasons = {each.model: reason for each, reason in catalog.explain(TASKS["summarization"], "endpoint")}
    assert reasons["Falconsai/text_summarization"] == "its licence (apache-2.0) is not among those allowed: MIT"


def test_facts_that_were_written_down_are_not_passed_off_as_new(owner: pytest.MonkeyPatch) -> None:
    (best, *_) = catalog.candidates(TASKS["summarization"], "endpoint")
    assert "as far as known" in best.description
