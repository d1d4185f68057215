"""The user's own models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.errors import ConfigError
from tools.models.own import configured
from tools.settings import process_settings


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "models.toml"
    monkeypatch.setenv("HUGGINGGPT_MODELS", str(path))
    process_settings.cache_clear()
    yield path
    process_settings.cache_clear()


def test_a_hub_id_a_folder_and_a_url_are_told_apart(models: Path, tmp_path: Path) -> None:
    models.write_text(
        f"""
        [[models]]
        task = ["summarization", "translation"]
        model = "acme/t5"
        [[models]]
        task = "summarization"
        model = "{tmp_path}"
        [[models]]
        task = "summarization"
        model = "https://models.example.com/t5"
        licence = "mit"
        """
    )
    assert [own.where for own in configured("summarization")] == ["hub", "folder", "url"]
    assert [own.model for own in configured("translation")] == ["acme/t5"]
    assert configured("fill-mask") == []


def test_without_a_file_there_are_none(models: Path) -> None:
    assert configured("summarization") == []


def test_the_key_of_a_url_is_named_and_never_written_down(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models.write_text(
        """
        [[models]]
        task = "fill-mask"
        model = "https://models.example.com/a"
        token_env = "ACME_KEY"
        [[models]]
        task = "fill-mask"
        model = "https://models.example.com/b"
        """
    )
    monkeypatch.setenv("ACME_KEY", "secret")
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    named, unnamed = configured("fill-mask")
    assert named.key == "secret"
    assert unnamed.key is None
    assert "secret" not in repr(named)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[models]", "cannot be read as TOML"),
        ("models = 3", "[[models]]"),
        ('[models]\nmodel = "a/b"', "[[models]]"),
        ('[[models]]\ntask = "sumarization"\nmodel = "a/b"', "did you mean 'summarization'?"),
        ('[[models]]\ntask = "summarization"', "model 1: model: Field required"),
        ('[[models]]\ntask = []\nmodel = "a/b"', "model 1: task"),
        ('[[models]]\ntask = 3\nmodel = "a/b"', "model 1: task"),
        ('[[models]]\ntask = "summarization"\nmodel = "a/b"\ncolour = "red"', "model 1: colour"),
        ("models = [3]", "model 1"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(models: Path, text: str, says: str) -> None:
    models.write_text(text)
    with pytest.raises(ConfigError) as caught:
        configured("summarization")
    assert says in str(caught.value)
    assert str(models) in str(caught.value)
    assert "\n" not in str(caught.value)
