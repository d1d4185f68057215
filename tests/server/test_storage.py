"""Two servers with nothing in common but a bucket: files given to one are read, worked on and shown by the other."""

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from app.server import keys
from tests.server.process import Guarded, start
from tests.support import ROOT
from tests.support.storage import bucket

NOTICE = (ROOT / "examples" / "notice.png").read_bytes()
COMMON = {  # what servers behind one address share
    "HUGGINGGPT_OUT": "s3://shared/results",
    "HUGGINGGPT_PUBLIC_URL": "http://files.example",
    "HUGGINGGPT_LINK_SECRETS": '["that both know"]',
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Guarded]]:
    folder = tmp_path_factory.mktemp("pair")
    ann, bob = keys.add(folder / "keys.json", "ann"), keys.add(folder / "keys.json", "bob")
    with bucket("shared") as environment, ExitStack() as stack:
        common = {"HUGGINGGPT_KEYS": str(folder / "keys.json"), **COMMON, **environment}
        running = []
        for name in ("one", "two"):
            command = ["app.cli.main", "serve"]
            server = start(command, folder / name, "/health", **common)
            stack.callback(server.stop)
            running.append(Guarded(server, ann, bob))
        yield running


def test_what_one_server_was_given_the_other_serves_in_ranges_to_its_owner_alone(pair: list[Guarded]) -> None:
    one, two = pair
    with one.client(one.ann) as http:
        (given,) = http.post("/uploads", files={"file": ("notice.png", NOTICE)}).json()
    assert given["resource"].startswith("s3://shared/results/ann/uploads/")
    link = urlsplit(given["url"])
    with two.client(two.ann) as http:
        whole = http.get(link.path)
        part, end = (http.get(link.path, headers={"Range": asked}) for asked in ("bytes=1-3", "bytes=-5"))
        beyond = http.get(link.path, headers={"Range": f"bytes={len(NOTICE)}-"})
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, NOTICE, "image/png")
    assert (part.status_code, part.content) == (206, NOTICE[1:4])
    assert part.headers["content-range"] == f"bytes 1-3/{len(NOTICE)}"
    assert (end.status_code, end.content) == (206, NOTICE[-5:])
    assert beyond.status_code == 416
    with two.client(two.bob) as http:
        assert http.get(link.path).status_code == 404
    assert httpx.get(f"{two.server.url}{link.path}?{link.query}").content == NOTICE  # signed: no key is needed
    assert httpx.get(f"{two.server.url}{link.path}").status_code == 401


@pytest.mark.parametrize("named", ["resource", "url"])
def test_the_other_server_works_on_it_and_its_result_opens_on_the_first(named: str, pair: list[Guarded]) -> None:
    one, two = pair
    with one.client(one.ann) as http:
        (given,) = http.post("/uploads", files={"file": ("notice.png", NOTICE)}).json()
    asked = {"messages": [{"role": "user", "content": f"Show me the edges of {given[named]}"}]}
    with two.client(two.ann) as http:
        told = http.post("/hugginggpt", json=asked, timeout=100).json()
    links = re.findall(r"http://files.example(/artifacts/[\w./-]*edges[\w.-]*png)", told["message"])
    assert links, told["message"]
    with one.client(one.ann) as http:
        made = http.get(links[0])
    with Image.open(io.BytesIO(made.content)) as picture, Image.open(io.BytesIO(NOTICE)) as before:
        assert picture.size == before.size


def test_no_file_of_an_owner_stays_in_the_servers_own_folders(pair: list[Guarded]) -> None:
    kept = [path for each in pair for path in each.server.folder.rglob("*.png")]
    assert [path for path in kept if "copies" not in path.parts] == []
