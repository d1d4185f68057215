import base64
import io
import os
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from benchmarks.support import paperwork
from tests.support import EXAMPLES
from tools.errors import ConfigError, ResourceError
from tools.files import media, resources
from tools.protocol import Audio
from tools.settings import process_settings
from tools.tasks import Modality

pytestmark = pytest.mark.usefixtures("workspace")


def png(size: tuple[int, int] = (8, 6), colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def data_uri(raw: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(raw).decode()}"


def tone(path: Path, seconds: float = 0.5, channels: int = 1) -> Path:
    time = np.arange(int(seconds * 8000)) / 8000
    samples = np.repeat((0.5 * np.sin(2 * np.pi * 440 * time))[:, None], channels, axis=1)
    soundfile.write(path, samples, 8000)
    return path


def movie(path: Path, *, sound: bool) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        audio = container.add_stream("aac", rate=8000) if sound else None
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None:
            wave_form = np.sin(np.arange(8000) / 3).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(wave_form, format="fltp", layout="mono")
            frame.rate = 8000
            container.mux(audio.encode(frame))
            container.mux(audio.encode())
    return path


async def refusal(reference: str) -> str:
    with pytest.raises(ResourceError) as caught:
        await resources.admit(reference)
    sentence = str(caught.value)
    assert sentence.endswith((".", ")."))
    assert "\n" not in sentence
    return sentence


async def test_a_local_path_is_admitted_as_it_is() -> None:
    Path("photo.png").write_bytes(png())
    assert await resources.admit("photo.png") == "photo.png"
    assert await resources.admit(f" {Path('photo.png').resolve().as_uri()} ") == str(Path("photo.png").resolve())
    assert await resources.admit(str(EXAMPLES / "notice.png")) == str(EXAMPLES / "notice.png")


async def test_a_data_uri_becomes_a_file_named_by_its_content() -> None:
    first = await resources.admit(data_uri(png()))
    again = await resources.admit(data_uri(png(), "application/octet-stream"))
    other = await resources.admit(data_uri(png(colour="blue")))
    assert first == again != other
    assert first.endswith(".png")
    assert Path(first).read_bytes() == png()
    assert Path(first).is_relative_to("outputs/inputs")
    assert await resources.admit(first) == first


async def test_a_data_uri_keeps_its_name_and_its_texts_type() -> None:
    named = await resources.admit("data:image/png;name=my%20cat.png;base64," + base64.b64encode(png()).decode())
    assert Path(named).name == "my_cat.png"
    table = await resources.admit("data:text/csv,name%2Cage%0AAda%2C36")
    assert (Path(table).suffix, Path(table).read_text()) == (".csv", "name,age\nAda,36")
    escaping = await resources.admit("data:text/plain;name=..%2F..%2Fetc%2Fpasswd;base64,aGVsbG8=")
    assert Path(escaping).is_relative_to("outputs/inputs")


async def test_a_file_without_an_extension_gets_the_one_its_content_deserves() -> None:
    Path("scan").write_bytes(png())
    path = await resources.admit("scan")
    assert path.endswith("scan.png")
    assert Path("scan").exists()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("gone.png", None, "does not exist"),
        ("empty.png", b"", "empty"),
        ("fake.png", b"just words", "holds text"),
        ("fake.wav", b"just words", "not a recording"),
        ("words.txt", png(), "holds an image"),
        ("program.bin", b"\x7fELF\x00\x01\x02\x03", "format that is not supported"),
        ("letter.docx", b"PK\x03\x04 and so on", "format that is not supported"),
        ("cut.png", png((64, 64))[:60], "damaged"),
        (".secret.txt", b"key", "hidden"),
        ("x" * 300 + ".png", None, "cannot be read"),
    ],
)
async def test_an_unusable_file_gets_one_clear_sentence(name: str, content: bytes | None, expected: str) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    assert expected in await refusal(name)


async def test_a_folder_a_pipe_and_nothing_at_all_are_refused() -> None:
    os.mkfifo("pipe.wav")
    assert "folder" in await refusal(".")
    assert "ordinary file" in await refusal("pipe.wav")
    assert "empty" in await refusal("  ")
    assert "kind ftp" in await refusal("ftp://example.org/a.png")
    assert "cannot be read" in await refusal("~nobody-of-that-name/a.png")


async def test_what_lies_outside_the_allowed_folders_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "photo.png"
    outside.write_bytes(png())
    Path("link.png").symlink_to(outside)
    for reference in (str(outside), "link.png", outside.as_uri(), "../../../../etc/passwd"):
        assert "outside the folders" in await refusal(reference)


async def test_an_unreadable_file_is_refused_by_that_name(tmp_path: Path) -> None:
    Path("photo.png").write_bytes(png())
    Path("photo.png").chmod(0)
    if os.access("photo.png", os.R_OK):
        pytest.skip("this user may read everything")
    assert "may not be read" in await refusal("photo.png")


async def test_too_many_bytes_or_pixels_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINGGPT_MAX_BYTES", "2000")
    monkeypatch.setenv("HUGGINGGPT_MAX_PIXELS", "1000")
    process_settings.cache_clear()
    Path("large.txt").write_text("word " * 1000)
    Path("wide.png").write_bytes(png((100, 100)))
    assert "larger than" in await refusal("large.txt")
    assert "larger" in await refusal(data_uri(b"x" * 4000, "text/plain"))
    assert "million pixels" in await refusal("wide.png")


async def test_a_decompression_bomb_is_refused_before_it_is_unpacked() -> None:
    raw = bytearray(png())
    raw[16:24] = struct.pack(">II", 60000, 60000)
    raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))
    Path("bomb.png").write_bytes(bytes(raw))
    assert "pixels" in await refusal("bomb.png")


async def test_a_damaged_data_uri_is_refused_and_leaves_nothing_behind() -> None:
    for reference in ("data:image/png;base64,!!!", "data:image/png;base64", "data:image/png;base64,"):
        await refusal(reference)
    await refusal(data_uri(b"words", "image/png").replace("png", "png;name=a.png"))
    assert [path for path in Path("outputs").rglob("*") if path.is_file()] == []


async def test_an_output_folder_that_cannot_be_written_is_told() -> None:
    Path("outputs").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        await resources.admit(data_uri(png()))


async def test_an_attachments_name_may_be_anything() -> None:
    for name in ("a" * 400, "b." + "c" * 400, "%2e%2e", "%00", "..", "ä b.PNG", "con.tar.gz.png"):
        path = Path(await resources.admit(data_uri(png()).replace("png;", f"png;name={name};")))
        assert path.suffix == ".png"
        assert path.parent.parent == Path("outputs/inputs")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("a.PNG", "image"), ("https://example.org/a.jpeg?size=2#x", "image"), ("b.flac", "audio"), ("c.webm", "video"),
        ("d.csv", "table"), ("e.xlsx", "table"), ("f.pdf", "text"), ("https://example.org/page", "text"), ("", "text"),
        ("data:image/heic;base64,AAAA", "image"), ("data:audio/mpeg;base64,AA", "audio"), ("data:text/csv,a", "table"),
    ],
)  # fmt: skip
def test_the_modality_is_told_by_the_name(reference: str, expected: Modality) -> None:
    assert resources.modality(reference) == expected


async def test_an_image_is_turned_upright_and_made_rgb() -> None:
    turned = Image.new("RGB", (20, 10))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save("turned.jpg", exif=exif)
    Image.new("CMYK", (4, 4)).save("print.jpg")
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save("clear.png")
    Image.fromarray(np.array([[0, 65535]], np.uint16)).save("deep.png")
    Image.new("L", (4, 4)).save("moving.gif", save_all=True, append_images=[Image.new("L", (4, 4), 255)])
    upright = await resources.load("turned.jpg", "image")
    clear, deep, moving = [await resources.load(name, "image") for name in ("clear.png", "deep.png", "moving.gif")]
    assert isinstance(upright, Image.Image)
    assert upright.size == (10, 20)
    assert (await resources.load("print.jpg", "image")).mode == "RGB"
    assert [image.getpixel((0, 0)) for image in (clear, deep, moving)] == [(255,) * 3, (0,) * 3, (0,) * 3]
    assert deep.getpixel((1, 0)) == (255, 255, 255)


async def test_sound_is_decoded_at_its_own_rate() -> None:
    for channels, shape in ((1, (4000,)), (2, (4000, 2)), (4, (4000,))):
        sound = await resources.load(str(tone(Path("tone.wav"), channels=channels)), "audio")
        assert isinstance(sound, Audio)
        assert (sound.samples.shape, sound.samples.dtype, sound.rate) == (shape, np.float32, 8000)
        assert 0.4 < np.abs(sound.samples).max() < 0.6


async def test_a_video_gives_its_sound_to_an_audio_slot() -> None:
    sound = await resources.load(str(movie(Path("film.mp4"), sound=True)), "audio")
    assert isinstance(sound, Audio)
    assert sound.rate == 8000
    assert sound.samples.ndim == 2
    assert len(sound.samples) / sound.rate == pytest.approx(1.0, abs=0.3)
    silent = str(movie(Path("silent.mp4"), sound=False))
    with pytest.raises(ResourceError, match="no sound track"):
        await resources.load(silent, "audio")
    assert await resources.load(await resources.admit(silent), "video") == silent


async def test_a_recording_without_samples_or_cut_short_is_refused() -> None:
    with wave.open("silence.wav", "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
    Path("cut.mp3").write_bytes(b"ID3\x04" + bytes(40))
    for name in ("silence.wav", "cut.mp3"):
        with pytest.raises(ResourceError):
            await resources.load(name, "audio")


async def test_a_text_slot_takes_a_documents_words() -> None:
    paragraphs = "".join(
        f"<p>On day {day} the <b>tide</b> was high at noon and the boats left late.</p>" for day in range(9)
    )
    Path("page.html").write_text(f"<html><body><nav>Menu</nav><article>{paragraphs}</article></body></html>")
    Path("old.txt").write_bytes("Grüße aus Köln".encode("cp1252"))
    Path("wide.txt").write_bytes("naïve".encode("utf-16"))
    page = str(await resources.load("page.html", "text"))
    assert "On day 3 the tide was high at noon" in page
    assert "Menu" not in page
    assert await resources.load("old.txt", "text") == "Grüße aus Köln"
    assert await resources.load(await resources.admit("wide.txt"), "text") == "naïve"
    assert "harbour" in str(await resources.load(str(EXAMPLES / "harbour.pdf"), "text"))
    assert "name" in str(await resources.load(str(EXAMPLES / "ferries.csv"), "text"))


async def test_a_broken_document_and_the_wrong_modality_are_named() -> None:
    Path("broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
    Path("photo.png").write_bytes(png())
    with pytest.raises(ResourceError, match="damaged"):
        await resources.load("broken.pdf", "text")
    with pytest.raises(ResourceError, match="is an image, but a text is needed"):
        await resources.load("photo.png", "text")
    with pytest.raises(ResourceError, match="is an image, but a recording is needed"):
        await resources.load("photo.png", "audio")


async def test_a_workbook_is_told_from_other_archives() -> None:
    with zipfile.ZipFile("book.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with zipfile.ZipFile("other.xlsx", "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    assert await resources.admit("book.xlsx") == "book.xlsx"
    assert "not supported" in await refusal("other.xlsx")


@pytest.mark.parametrize(("make", "name"), [(paperwork.docx, "a.docx"), (paperwork.xlsx, "a.xlsx")])
@pytest.mark.parametrize(("field", "value"), [("method", 99), ("flags", 0x20), ("flags", 0x01)])
def test_an_archive_that_zipfile_cannot_read_is_damaged(
    make: Callable[[Path], None], name: str, field: str, value: int
) -> None:
    make(Path(name))
    raw = bytearray(Path(name).read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # of every member here, and in the directory
        at = -1
        while (at := raw.find(mark, at + 1)) >= 0:
            raw[at + flags + (2 if field == "method" else 0)] = value
    Path(name).write_bytes(raw)
    with pytest.raises(ResourceError, match="damaged or locked"):
        (media.table if name.endswith("xlsx") else media.text)(Path(name))


def test_only_an_existing_document_or_a_link_counts_as_a_reference_in_a_text_slot() -> None:
    Path("notes.txt").write_text("words")
    assert resources.is_reference("notes.txt")
    assert resources.is_reference("https://example.org/page")
    for words in (
        "absent.txt",
        "read notes.txt",
        "see https://example.org",
        "Hello.\nnotes.txt",
        "x" * 5000,
        "notes",
        "",
    ):
        assert not resources.is_reference(words)


async def test_a_short_recording_with_very_many_samples_is_refused_before_it_is_decoded() -> None:
    path = Path("wide.flac")
    soundfile.write(path, np.zeros((96, 8)), 96_000)
    raw = bytearray(path.read_bytes())
    raw[21:26] = (raw[21] & 0xF0 | 0).to_bytes(1, "big") + (50_000_000).to_bytes(4, "big")  # the header's count
    path.write_bytes(raw)
    assert soundfile.info(str(path)).duration < 600
    with pytest.raises(ResourceError, match="longer than"):
        await resources.load(str(path), "audio")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("city,people\nBonn,3\nUlm\n", {"city": ["Bonn", "Ulm"], "people": ["3", ""]}),
        ("city;people\nBonn;3\n", {"city": ["Bonn"], "people": ["3"]}),
        ("city\nBonn\nUlm\n", {"city": ["Bonn", "Ulm"]}),
        ('a,b\n"x, y","two\nlines"\n', {"a": ["x, y"], "b": ["two\nlines"]}),
    ],
)
def test_a_table_is_read_as_columns(text: str, columns: dict[str, list[str]]) -> None:
    Path("t.csv").write_text(text, encoding="utf-8-sig")
    assert media.table(Path("t.csv")) == columns


def test_a_damaged_workbook_is_refused() -> None:
    Path("t.xlsx").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(ResourceError, match="damaged"):
        media.table(Path("t.xlsx"))
