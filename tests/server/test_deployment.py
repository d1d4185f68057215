"""What the container's files name is there."""

import re

import yaml

from tests.support import ROOT
from tools.settings import Settings

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def test_every_variable_of_the_container_is_a_setting() -> None:
    ports = {"ports"}  # compose's own
    named = {name.lower() for name in re.findall(r"HUGGINGGPT_(\w+)", DOCKERFILE + COMPOSE)} - ports
    assert {"keys", "database", "redis", "grace"} <= named
    assert named <= set(Settings.model_fields)


def test_the_grace_of_the_container_is_longer_than_the_server_s_for_requests_and_for_runs() -> None:
    grace = yaml.safe_load(COMPOSE)["services"]["server"]["stop_grace_period"]
    assert float(grace.rstrip("s")) > 2 * Settings.model_fields["grace"].default


def test_the_server_is_published_on_this_machine_alone_and_runs_without_rights() -> None:
    server = yaml.safe_load(COMPOSE)["services"]["server"]
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    assert server["cap_drop"] == ["ALL"]
    assert "\nUSER hugginggpt\n" in DOCKERFILE


def test_the_container_s_extras_need_no_licence_of_others() -> None:
    (extras,) = re.findall(r'--editable "\.\[([\w,]+)\]"', DOCKERFILE)
    assert "studio" not in extras
    assert "speech" not in extras  # GPL-3.0: for whoever builds the image to add
