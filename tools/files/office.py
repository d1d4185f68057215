"""The words of office documents and books, which are archives of XML. Needs the extra ``embedded`` (lxml)."""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from lxml import etree, html

from tools.errors import ResourceError
from tools.files.formats import BROKEN_ARCHIVE
from tools.files.pages import BREAK

MAX_BYTES = 200_000_000  # unpacked: a small archive may hold far more
_BROKEN = (*BROKEN_ARCHIVE, etree.LxmlError)
_BLOCKS = "//*[self::p or self::li or self::h1 or self::h2 or self::h3 or self::h4 or self::blockquote[not(p)]]"


def words(path: Path) -> str:
    """The paragraphs, with a page break between two slides or chapters.

    Raises:
        ResourceError: it is damaged, locked, or unpacks to more than MAX_BYTES.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ResourceError(f"{path.name} unpacks to more than {MAX_BYTES // 10**6} MB; give a smaller one.")
            return BREAK.join(page for page in _READERS[path.suffix.lower()](archive) if page)
    except ResourceError:
        raise
    except _BROKEN:
        raise ResourceError(f"{path.name} is damaged or locked with a password; save it again.") from None


def _letter(archive: zipfile.ZipFile) -> Iterator[str]:
    root = _parsed(archive.read("word/document.xml"))
    yield "\n\n".join(_runs(root))


def _slides(archive: zipfile.ZipFile) -> Iterator[str]:
    slides = {
        int(match[1]): name
        for name in archive.namelist()
        if (match := re.fullmatch(r"ppt/slides/slide(\d+)\.xml", name))
    }
    for _, name in sorted(slides.items()):
        yield "\n".join(_runs(_parsed(archive.read(name))))


def _runs(root: etree._Element) -> Iterator[str]:
    """The paragraphs of Office Open XML: ``p`` holds runs, whose words stand in ``t``."""
    for paragraph in root.iter("{*}p"):
        spaces = {"tab": "\t", "br": "\n"}
        parts = ((etree.QName(node).localname, node.text or "") for node in paragraph.iter("{*}t", "{*}tab", "{*}br"))
        if line := "".join(spaces.get(name, text) for name, text in parts).strip():
            yield line


def _opendocument(archive: zipfile.ZipFile) -> Iterator[str]:
    root = _parsed(archive.read("content.xml"))
    lines = (" ".join("".join(node.itertext()).split()) for node in root.iter("{*}p", "{*}h"))
    yield "\n\n".join(filter(None, lines))


def _chapters(archive: zipfile.ZipFile) -> Iterator[str]:
    """The parts of a book in the order of its spine."""
    package = next(_parsed(archive.read("META-INF/container.xml")).iter("{*}rootfile")).get("full-path", "")
    root = _parsed(archive.read(package))
    places = {item.get("id"): unquote(item.get("href", "")) for item in root.iter("{*}item")}
    for part in root.iter("{*}itemref"):
        name = normpath(join(dirname(package), places[part.get("idref")]))
        lines = (" ".join(block.text_content().split()) for block in html.fromstring(archive.read(name)).xpath(_BLOCKS))
        yield "\n\n".join(filter(None, lines))


def _parsed(raw: bytes) -> etree._Element:
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


_READERS: dict[str, Callable[[zipfile.ZipFile], Iterator[str]]] = {
    ".docx": _letter,
    ".pptx": _slides,
    ".odt": _opendocument,
    ".epub": _chapters,
}
