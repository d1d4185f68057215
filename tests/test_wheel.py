"""What is built is whole: every package, and every file beside the code that the program reads."""

import subprocess
import sys
import zipfile
from functools import cache

import pytest

from tests.support import ROOT

PACKAGES = ("app", "benchmarks", "graph", "prompts", "tools")


@cache
def tracked() -> frozenset[str]:
    """The files that git knows."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - git, wherever it is
    return frozenset(listed.stdout.splitlines())


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in the built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in tracked():  # a copy: building leaves things lying about
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "notebooks/")):
            target = folder / "source" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    build = "from setuptools import build_meta; import sys; build_meta.build_wheel(sys.argv[1])"
    command = [sys.executable, "-c", build, str(folder)]
    subprocess.run(command, cwd=folder / "source", capture_output=True, check=True, timeout=100)  # noqa: S603 - our own command
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_all_code_its_data_and_the_examples(inside: set[str]) -> None:
    wanted = {name for name in tracked() if name.partition("/")[0] in {*PACKAGES, "examples"}}
    wanted = {name for name in wanted if not name.startswith("benchmarks/data/")}  # for a checkout, not for users
    assert sorted(name for name in wanted - inside if (ROOT / name).is_file()) == []
