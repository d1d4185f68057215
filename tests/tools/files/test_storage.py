"""Files in object storage: a real S3 server on loopback, asked by another client than ours."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import boto3
import pytest
from PIL import Image
from upath import UPath

from tests.support.storage import bucket
from tools import TOOLS
from tools.errors import ConfigError, ResourceError
from tools.files import places, resources
from tools.files.artifacts import digest, save
from tools.protocol import Output
from tools.settings import override

Bucket: TypeAlias = Any  # boto3 makes its classes as it runs
DOT = Image.new("RGB", (3, 2), "red")


@pytest.fixture(scope="module")
def storage() -> Iterator[Bucket]:
    """What lies there, as Amazon's own client sees it."""
    with bucket("results") as environment:
        yield boto3.resource("s3", endpoint_url=environment["AWS_ENDPOINT_URL"]).Bucket("results")


@pytest.fixture
def out(request: pytest.FixtureRequest, storage: Bucket, workspace: Path) -> UPath:
    """A folder of its own in the bucket."""
    place = UPath(f"s3://results/{request.node.name}")
    override(out=place, cache_folder=workspace / "cache")
    return place


@pytest.mark.slow
def test_results_and_their_provenance_are_written(out: UPath, storage: Bucket) -> None:
    paths = save(Output(media=(DOT, DOT)), "red", {"task": "text-to-image"})
    assert paths == [f"{out}/red.png", f"{out}/red-2.png"]
    lying = {each.key.rpartition("/")[2]: each.get()["Body"].read() for each in storage.objects.filter(Prefix=out.name)}
    assert lying.keys() == {"red.png", "red.json", "red-2.png", "red-2.json"}  # nothing half, nothing besides
    assert lying["red.png"].startswith(b"\x89PNG")
    assert json.loads(lying["red.json"])["sha256"] == digest(paths[0])


@pytest.mark.slow
def test_no_name_is_taken_twice(out: UPath, storage: Bucket) -> None:
    made = [save(Output(media=(DOT,)), "red", {})[0] for _ in range(12)]
    assert len(set(made)) == 12
    storage.put_object(Key=f"{out.name}/mine.json", Body=b"{}")  # by whomever, and however lately
    with pytest.raises(FileExistsError):
        places.claim(out / "mine.json")


@pytest.mark.slow
async def test_what_one_task_made_is_taken_by_the_next(out: UPath, workspace: Path) -> None:
    Image.new("RGB", (64, 48), "white").save("page.png")
    call = {"type": "tool_call", "id": "1", "name": "canny-control", "args": {"image": "page.png"}}
    made = (await TOOLS["canny-control"].ainvoke(call)).artifact["files"]
    assert made == [f"{out}/page-edges.png"]
    again = (await TOOLS["canny-control"].ainvoke({**call, "args": {"image": made[0]}})).artifact
    assert again["files"] == [f"{out}/page-edges-2.png"]
    record = json.loads(UPath(again["files"][0]).with_suffix(".json").read_text())
    assert record["inputs"]["image"] == {"file": made[0], "sha256": digest(made[0])}


async def test_what_is_given_as_data_is_kept_there_and_found_again(out: UPath) -> None:
    path = await resources.admit("data:text/csv;name=people.csv;base64,bmFtZSxhZ2UKQWRhLDM2Cg==")
    assert path.startswith(f"{out}/inputs/")
    assert await resources.admit(path) == path
    here = Path(str(await resources.load(path, "table")))
    assert here.read_text() == "name,age\nAda,36\n"


@pytest.mark.parametrize("name", ["../other/x.png", "nothing.png", ".hidden.png"])
async def test_nothing_outside_or_hidden_is_taken(name: str, out: UPath, storage: Bucket) -> None:
    storage.put_object(Key=f"{out.name}/.hidden.png", Body=b"x")
    storage.put_object(Key="other/x.png", Body=b"x")
    with pytest.raises(ResourceError, match="There is no file"):
        await resources.admit(f"{out}/{name}")


async def test_of_another_owner_nothing_is_taken(out: UPath, storage: Bucket) -> None:
    storage.put_object(Key="bob/x.txt", Body=b"secret")
    override(out=UPath("s3://results"))
    from langchain_core.runnables.config import set_config_context

    with set_config_context({"configurable": {"langgraph_auth_user_id": "ann"}}) as scope, pytest.raises(ResourceError):
        scope.run(resources._admit, "s3://results/bob/x.txt")


def test_a_bucket_that_is_not_there_is_told_in_a_sentence(out: UPath) -> None:
    override(out=UPath("s3://nowhere/x"))
    with pytest.raises(ConfigError, match="Files cannot be written to s3://nowhere/x"):
        save(Output(media=(DOT,)), "red", {})


def test_copies_are_kept_for_a_while_only(out: UPath, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = save(Output(media=(DOT,)), "first", {})
    (second,) = save(Output(media=(DOT,)), "second", {})
    copy = places.here(first)
    assert places.here(first) == copy
    monkeypatch.setattr(places, "_UNUSED", -1.0)
    places.here(second)
    assert not copy.exists()


@pytest.mark.slow
def test_any_other_storage_does_as_well(workspace: Path) -> None:
    override(out=UPath("memory://results"), cache_folder=workspace / "cache")
    (path,) = save(Output(media=(DOT,)), "red", {})
    assert path == "memory://results/red.png"
    with Image.open(places.here(path)) as picture:
        assert picture.size == (3, 2)
