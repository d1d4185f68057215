"""Every format is what it says, turned as it was meant, and damage is told in a sentence."""

import contextlib
import io
import struct
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tools.errors import ResourceError
from tools.files import codec, frames, inputs, media
from tools.files.artifacts import encode
from tools.files.formats import settle, sniff
from tools.protocol import Video

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EOF\n"


def halves(width: int = 40, height: int = 20) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


def film(path: Path, seconds: float, fps: int = 10, degrees: int = 0) -> Path:
    """A film of the halves, ever brighter; ``degrees`` is how a player must turn it, counter-clockwise."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 40, 20, "yuv420p"
        if degrees:
            stream.set_display_rotation(degrees)
        for number in range(int(seconds * fps)):
            pixels = np.asarray(halves().point(lambda value, n=number: min(255, value + n)))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("name", ["trick.webp", "trick.png", "trick.jpg"])
def test_what_is_postscript_inside_never_reaches_its_interpreter(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(EPS)
    with pytest.raises(ResourceError):
        media.image(tmp_path / name)


@pytest.mark.parametrize(("extension", "form"), [(".avif", "AVIF"), (".heic", "HEIF")])
def test_pictures_of_phones_are_read(extension: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / f"photo{extension}"
    if form == "HEIF":
        path.write_bytes((Path(__file__).parent / "halves.heic").read_bytes())
    else:
        halves(64, 64).save(path, format=form)
    assert sniff(path) == extension
    assert settle(path.name, path) == extension
    picture = media.image(path)
    assert picture.mode == "RGB"
    assert picture.getpixel((4, 32))[0] > 200 > 90 > picture.getpixel((4, 32))[2]
    assert picture.getpixel((60, 32))[2] > 200


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp", ".avif", ".tif"])
def test_a_picture_is_turned_as_its_camera_was_held(extension: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by a quarter, clockwise
    halves(64, 32).save(tmp_path / f"turned{extension}", exif=exif)
    picture = media.image(tmp_path / f"turned{extension}")
    assert picture.size == (32, 64)
    assert picture.getpixel((16, 4))[0] > 200  # what was left is on top
    assert picture.getpixel((16, 60))[2] > 200


@pytest.mark.parametrize("extension", [".gif", ".png", ".webp"])
def test_of_an_animated_picture_the_first_frame_is_seen(extension: str, tmp_path: Path) -> None:
    first, second = halves(), Image.new("RGB", (40, 20), "green")
    first.save(tmp_path / f"moving{extension}", save_all=True, append_images=[second], duration=100)
    picture = media.image(tmp_path / f"moving{extension}")
    assert picture.getpixel((4, 10))[0] > 200
    assert picture.getpixel((36, 10))[2] > 200


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow warns of damage that it can read in spite of
@pytest.mark.parametrize("form", ["AVIF", "PNG", "WEBP", "TIFF", "GIF", "JPEG", "BMP"])
@hypothesis.settings(max_examples=12)
@given(data=st.data())
def test_a_damaged_picture_is_our_error(
    form: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = io.BytesIO()
    halves().save(whole, format=form)
    content = bytearray(whole.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged.{form.lower()}"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    with contextlib.suppress(ResourceError):
        assert media.image(path).mode == "RGB"


def test_a_damaged_avif_cannot_be_uploaded(workspace: Path) -> None:
    whole = io.BytesIO()
    halves(64, 64).save(whole, format="AVIF")
    content = bytearray(whole.getvalue())
    content[-40:] = b"\xff" * 40
    with pytest.raises(ResourceError, match="damaged"):
        inputs.keep(lambda target: (target.write_bytes(bytes(content)), "image/avif")[1], "photo.avif")


@pytest.mark.parametrize("rate", [0, 1, 999, 2**31 - 1])
def test_a_sound_whose_rate_cannot_be_is_our_error(rate: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.zeros(400, np.float32), 16000)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"fmt ") + 12, rate)
    path.write_bytes(content)
    with pytest.raises(ResourceError):
        media.audio(path)


def test_tags_that_are_no_text_do_not_stop_a_film(tmp_path: Path) -> None:
    import av

    path = tmp_path / "tagged.mp4"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "AAAABBBB"
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes().replace(b"AAAABBBB", b"\xff\xfe\xfaABBBB"))
    assert len(media.audio(path).samples) > 0


def test_frames_are_spread_over_the_whole_of_a_film(tmp_path: Path) -> None:
    shown = frames.spread(film(tmp_path / "film.mp4", seconds=9), 4)
    assert len(shown) == 4
    greens = [picture.getpixel((4, 10))[1] for picture in shown]
    assert greens == sorted(greens)
    assert greens[0] < 12
    assert greens[-1] > 70


def test_a_short_film_repeats_its_frames(tmp_path: Path) -> None:
    assert len(frames.spread(film(tmp_path / "short.mp4", seconds=0.2), 16)) == 16


@pytest.mark.parametrize(("degrees", "size"), [(0, (40, 20)), (90, (20, 40)), (-90, (20, 40)), (180, (40, 20))])
def test_a_film_is_seen_upright(degrees: int, size: tuple[int, int], tmp_path: Path) -> None:
    picture = frames.spread(film(tmp_path / "turned.mp4", seconds=0.5, degrees=degrees), 1)[0]
    expected = halves().rotate(degrees, expand=True)
    assert picture.size == size
    assert np.abs(np.asarray(picture).astype(int) - np.asarray(expected).astype(int)).mean() < 40


@pytest.mark.parametrize("content", [b"", b"\0\0\0\x18ftypmp42", b"no film at all"])
def test_a_damaged_film_is_our_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(ResourceError):
        frames.spread(tmp_path / "film.mp4", 4)


def test_a_film_of_sound_alone_has_no_pictures(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "film.wav", np.zeros(1600, np.float32), 16000)
    with pytest.raises(ResourceError, match="no pictures"):
        frames.spread(tmp_path / "film.wav", 4)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_may_end_its_lines_in_any_way(end: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(end.join(["name,age", "Ada,36", '"Bo\u2028b, the 2nd",41', ""]).encode())
    assert media.table(path) == {"name": ["Ada", "Bo\u2028b, the 2nd"], "age": ["36", "41"]}


def test_columns_of_one_name_are_told_apart_and_headers_within_left_out(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("price,price,,name\n1,2,3,Ada\nprice,price,,name\n4,5,6,Bob\n", encoding="utf-8")
    assert media.table(path) == {
        "price": ["1", "4"],
        "price (2)": ["2", "5"],
        "column 3": ["3", "6"],
        "name": ["Ada", "Bob"],
    }


def test_a_line_break_in_quotes_stays_in_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b'name,note\r\nAda,"first\r\nsecond"\r\n')
    assert media.table(path)["note"] == ["first\r\nsecond"]


def test_a_made_film_is_as_long_as_its_frames(tmp_path: Path) -> None:
    made = codec.video(encode(Video([halves()] * 12, 24.0))[1])
    assert (len(made.frames), made.fps) == (12, 24.0)
