"""Requests made up from our own OpenAPI document, right and wrong ones: each is answered, and none breaks a thing."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema
from starlette.testclient import TestClient

from app.server.document import BODIES
from app.server.main import ROUTES
from benchmarks.fuzz.seeds import FORMS
from benchmarks.support.stubs import StubBackend
from tests.server.inside import serving
from tests.support.execution import echo

FEW, MANY = 15, 300  # cases a route with every change, and nightly
LONGEST = 20  # seconds that a request may take


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serving(tmp_path_factory.mktemp("document")) as opened:
        yield opened


@pytest.fixture(scope="module")
def document(client: TestClient) -> OpenApiSchema:
    return schemathesis.openapi.from_dict(client.get("/openapi.json").json())


def test_every_route_that_takes_json_is_in_the_document(client: TestClient) -> None:
    posts = {path for method, path, _ in ROUTES if method == "POST"} - FORMS
    assert posts == BODIES.keys() == client.get("/openapi.json").json()["paths"].keys()


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("cases", [FEW, pytest.param(MANY, marks=pytest.mark.nightly)])
def test_whatever_the_document_leads_to_is_answered(
    client: TestClient, document: OpenApiSchema, stubs: Callable[..., StubBackend], path: str, cases: int
) -> None:
    stubs(echo=echo)
    answer_all(client, document, path, cases)


def answer_all(client: TestClient, document: OpenApiSchema, path: str, cases: int) -> None:
    """Send so many requests, the same ones each time; 502 says that a model failed, and all else beyond 499 is ours."""
    route = document[path]["POST"]
    made_up = one_of(*(route.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @settings(
        max_examples=cases,
        derandomize=True,
        database=None,
        deadline=timedelta(seconds=LONGEST),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made_up)
    def answered(case: Case) -> None:
        sent = case.as_transport_kwargs(base_url=str(client.base_url))
        body = {"content": sent["data"]} if "data" in sent else {"json": sent.get("json")}
        reply = client.post(path, headers=sent["headers"], **body)
        assert reply.status_code < 500 or reply.status_code == 502, (body, reply.text)

    answered()
