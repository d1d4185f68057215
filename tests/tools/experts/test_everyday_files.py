"""What built-in experts make of the files that people have: see benchmarks/support/paperwork.py."""

from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks.support import paperwork as made
from tools.errors import InputError, ModelUnavailable, ResourceError
from tools.experts import audio, documents, facts, film, filters, sentences, speech, tables
from tools.files import media, ocr
from tools.files.artifacts import encode
from tools.protocol import Audio, Output


def sound(output: Output) -> Audio:
    (one,) = output.media
    assert isinstance(one, Audio)
    return one


def image(output: Output) -> Image.Image:
    (one,) = output.media
    assert isinstance(one, Image.Image)
    return one


@pytest.mark.parametrize("tilt", [12, -7])
@pytest.mark.slow
def test_prices_of_a_tilted_receipt_stay_on_their_lines(tmp_path: Path, tilt: int) -> None:
    made.receipt(tmp_path / "receipt.png", tilt)
    text = ocr.read(media.image(tmp_path / "receipt.png")).text or ""
    assert [line for line in text.splitlines() if line[-1].isdigit()] == [
        f"{name} {price}" for name, price in made.RECEIPT
    ]


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.slow
def test_a_page_on_its_side_or_head_is_read_in_order(angle: int) -> None:
    page = made.lines(*made.SIGN, size=52).rotate(angle, expand=True)
    assert ocr.read(page).text == "\n".join(made.SIGN)


@pytest.mark.slow
def test_a_dark_photo_is_read() -> None:
    assert ocr.read(made.dark(made.lines(*made.SIGN, size=52))).text == "\n".join(made.SIGN)


@pytest.mark.parametrize("kind", ["docx", "odt", "pptx", "epub"])
def test_office_documents_and_books_become_text(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"file.{kind}"
    getattr(made, kind)(path)
    words = media.text(path)
    expected = {"pptx": "The garden gets 400 euros.", "epub": made.BOOK}.get(kind, made.LETTER)
    assert expected in words
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ResourceError, match="damaged"):
        media.text(path)


@pytest.mark.slow
def test_single_pages_are_read_of_a_pdf_with_text_and_of_a_scan(tmp_path: Path) -> None:
    made.pdf(tmp_path / "text.pdf")
    made.pages(tmp_path / "scan.pdf")
    for name in ("text.pdf", "scan.pdf"):
        output = documents.read(media.text(tmp_path / name), "page 2")
        assert "400 euros" in (output.text or "")
        assert "roof" not in (output.text or "")
    with pytest.raises(InputError, match="no page 7: the document has 3"):
        documents.read(media.text(tmp_path / "text.pdf"), "page 7")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_answers_as_pandas_does(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"orders.{kind}"
    made.xlsx(path) if kind == "xlsx" else made.written(made.ORDERS)(path)
    made.written(made.ORDERS)(tmp_path / "orders.csv")
    frame = pd.read_csv(tmp_path / "orders.csv")

    def told(question: str) -> str:
        return tables.answer(question, str(path)).text or ""

    assert told("What is the total quantity?") == f"Sum of quantity: {frame['quantity'].sum()}"
    assert told("What is the average price?") == f"Average of price: {round(frame['price'].mean(), 2)}"
    assert told("How many rows are from the North?").startswith(f"{(frame['region'] == 'North').sum()} rows")
    assert told("Which product has the highest price?").startswith(frame.loc[frame["price"].idxmax(), "product"])
    fitting = tables.answer("Show the rows where quantity is over 10", str(path)).data
    assert [row["product"] for row in fitting] == list(frame[frame["quantity"] > 10]["product"])


def test_a_question_beyond_arithmetic_is_refused_and_the_columns_are_named(tmp_path: Path) -> None:
    made.written(made.ORDERS)(tmp_path / "orders.csv")
    with pytest.raises(ModelUnavailable, match="product, region, quantity, price"):
        tables.answer("What do you make of it?", str(tmp_path / "orders.csv"))


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("make it twice as fast", 3),
        ("play it at half speed", 12),
        ("keep only the first 2 seconds", 2),
        ("cut off the first 2 seconds", 4),
        ("the part from 1 to 4 seconds", 3),
    ],
)
def test_recordings_get_the_length_that_is_asked_for(tmp_path: Path, wish: str, seconds: float) -> None:
    made.tone(tmp_path / "tone.wav")
    changed = sound(audio.change(media.audio(tmp_path / "tone.wav"), wish))
    assert len(changed.samples) / changed.rate == pytest.approx(seconds, abs=0.05)


def test_speed_keeps_the_pitch(tmp_path: Path) -> None:
    made.tone(tmp_path / "tone.wav")
    fast = sound(audio.change(media.audio(tmp_path / "tone.wav"), "twice as fast"))
    strongest = np.abs(np.fft.rfft(fast.samples)).argmax() * fast.rate / len(fast.samples)
    assert strongest == pytest.approx(330, abs=3)


def test_what_cannot_be_done_to_a_recording_is_named(tmp_path: Path) -> None:
    made.tone(tmp_path / "tone.wav")
    quiet = media.audio(tmp_path / "tone.wav")
    output = audio.change(quiet, "make it louder and sing along")
    assert np.abs(sound(output).samples).max() > 3 * np.abs(quiet.samples).max()
    assert "Not done: sing along" in (output.text or "")
    with pytest.raises(ModelUnavailable, match="cannot do “sing”"):
        audio.change(quiet, "sing")


@pytest.mark.parametrize("ending", [".mp3", ".ogg", ".flac"])
def test_sound_is_saved_in_the_format_asked_for(tmp_path: Path, ending: str) -> None:
    extension, content = encode(Audio(np.zeros(16_000, np.float32), 16_000), ending)
    path = tmp_path / f"sound{extension}"
    path.write_bytes(content)
    with av.open(str(path)) as opened:
        assert opened.streams.audio[0].codec_context.name.startswith(
            {".mp3": "mp3", ".ogg": "vorbis"}.get(ending, "flac")
        )
    with pytest.raises(InputError, match="cannot be saved as XYZ"):
        encode(Audio(np.zeros(16_000, np.float32), 16_000), ".xyz")


@pytest.mark.slow
def test_a_film_gives_its_facts_its_sound_and_its_pictures(tmp_path: Path) -> None:
    made.film(tmp_path / "film.mp4")
    path = str(tmp_path / "film.mp4")
    assert (facts.film(path).text or "").startswith("4 seconds long, 320 x 240 pixels")
    assert len(sound(film.sound(path)).samples) / sound(film.sound(path)).rate == pytest.approx(4, abs=0.1)
    blue = np.asarray(image(film.frame(path, "at 2.5 seconds")))[120, 160]
    assert blue.argmax() == 2
    with pytest.raises(InputError, match=r"4\.0 s long"):
        film.frame(path, "at 1:10")


@pytest.mark.parametrize(
    ("wish", "size"),
    [
        ("rotate it 90 degrees to the left", (420, 900)),
        ("resize it to 300 pixels wide", (300, 140)),
        ("make it 100 pixels high", (214, 100)),
        ("crop it to a square", (420, 420)),
        ("scale it to 50%", (450, 210)),
    ],
)
def test_pictures_get_the_size_that_is_asked_for(wish: str, size: tuple[int, int]) -> None:
    notice = Image.new("RGB", (900, 420), "white")
    assert image(filters.apply(notice, wish)).size == size


def test_what_was_transparent_stays_so(tmp_path: Path) -> None:
    made.logo(tmp_path / "logo.png")
    smaller = image(filters.apply(media.image(tmp_path / "logo.png"), "make it half the size and grey"))
    assert (smaller.mode, smaller.size) == ("RGBA", (160, 120))
    assert smaller.getpixel((0, 0))[3] == 0  # type: ignore[index]  # a pixel of RGBA
    assert encode(smaller, ".jpg")[0] == ".jpg"  # which knows no transparency: on white


def test_several_filters_are_applied_and_what_is_none_is_named() -> None:
    output = filters.apply(Image.new("RGB", (60, 40), "navy"), "brighten it, make it sepia and put a hat on it as webp")
    assert (output.data["filters"], output.format) == (["brightened", "sepia"], ".webp")
    assert "Not done: put a hat on it" in (output.text or "")


def test_speech_is_spoken_and_saved_as_it_is_wanted() -> None:
    words = "The ferry to the island leaves at nine."
    plain, slow = speech.speak(words, "en"), speech.speak(words, "en", "slowly, in a female voice, as mp3")
    assert len(sound(slow).samples) > 1.2 * len(sound(plain).samples)
    assert (slow.text, slow.format) == ("Spoken slowly in a female voice", ".mp3")


@pytest.mark.parametrize(("length", "count"), [("two sentences", 2), ("1 sentence", 1), ("a single sentence", 1)])
def test_a_summary_has_as_many_sentences_as_are_asked_for(length: str, count: int) -> None:
    assert len(sentences.split(sentences.summarise(made.LETTER, length).text or "")) == count


def test_a_summary_comes_as_bullets_and_shorter() -> None:
    bullets = (sentences.summarise(made.LETTER, "3 bullets").text or "").splitlines()
    assert [line[:2] for line in bullets] == ["- "] * 3
    usual, shorter = (sentences.summarise(made.LETTER, length).text or "" for length in (None, "shorter"))
    assert 0 < len(shorter) < len(usual)
