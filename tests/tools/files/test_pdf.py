"""PDFs that would fill the memory or the afternoon are refused with a reason; what can be read is."""

import random
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import EXAMPLES
from tools.errors import ResourceError
from tools.files import pdf
from tools.files.pages import BREAK

HELLO = b"BT /F 12 Tf (Hello harbour) Tj ET"


def document(path: Path, content: bytes = HELLO, *, pages: int = 1, packed: int = 1) -> Path:
    """A PDF whose pages all show the same content, compressed as many times as ``packed`` says."""
    for _ in range(packed):
        content = zlib.compress(content, 9)
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d/Filter[%s]>>stream\n%s\nendstream" % (len(content), b"/FlateDecode" * packed, content),
        *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 3 0 R>>>>>>"] * pages,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    path.write_bytes(out + end % (len(objects) + 1, table, len(objects) + 1, len(out)))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ResourceError) as caught:
        pdf.words(path)
    return str(caught.value)


def test_all_pages_are_read(tmp_path: Path) -> None:
    assert pdf.words(document(tmp_path / "a.pdf", pages=3)) == BREAK.join(["Hello harbour"] * 3)


def test_too_many_pages_are_counted_and_not_read(tmp_path: Path) -> None:
    path = document(tmp_path / "book.pdf", pages=pdf.MAX_PAGES + 1)
    assert refusal(path) == (
        "book.pdf has 1,001 pages, and at most 1,000 are read; give the pages that matter as a PDF of their own."
    )


@pytest.mark.slow
def test_too_many_characters_are_refused(tmp_path: Path) -> None:
    said = b"BT /F 12 Tf (" + b"harbour " * (pdf.MAX_CHARACTERS // 8 + 1) + b") Tj ET"
    assert "more than 5,000,000 characters" in refusal(document(tmp_path / "long.pdf", said))


@pytest.mark.slow
def test_a_stream_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = document(tmp_path / "bomb.pdf", b" " * 2**28, packed=2)
    assert path.stat().st_size < 5_000
    assert "unpacks to more than can be read" in refusal(path)


@pytest.mark.slow
def test_a_page_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = document(tmp_path / "slow.pdf", b"BT /F 12 Tf " + b"(Hello) Tj " * 50_000 + b"ET")
    with pytest.raises(ResourceError, match=r"slow\.pdf takes more than 0\.1 s to read"):
        pdf.words(path, seconds=0.1)


@pytest.mark.slow
def test_whatever_its_bytes_a_file_gives_words_or_one_reason(tmp_path: Path) -> None:
    whole, chance = (EXAMPLES / "harbour.pdf").read_bytes(), random.Random(1)
    path = tmp_path / "altered.pdf"
    for _ in range(700):
        altered = bytearray(whole)
        for _ in range(chance.choice([1, 5, 30])):
            altered[chance.randrange(len(altered))] = chance.randrange(256)
        path.write_bytes(altered)
        with suppress(ResourceError):
            assert isinstance(pdf.words(path), str)
