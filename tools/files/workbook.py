"""The first sheet of a workbook that holds anything. Needs the extra ``embedded`` (openpyxl)."""

import zipfile
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from tools.errors import ResourceError
from tools.files.formats import BROKEN_ARCHIVE

MAX_BYTES = 200_000_000  # unpacked: a small archive may hold far more
_BROKEN = (*BROKEN_ARCHIVE, InvalidFileException, TypeError)


def columns(path: Path) -> dict[str, list[str]]:
    """The columns by the names in the first row, as texts; formulas as the values that were saved with them.

    Raises:
        ResourceError: it is damaged, locked, empty, or unpacks to more than MAX_BYTES.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ResourceError(f"{path.name} unpacks to more than {MAX_BYTES // 10**6} MB; give a smaller one.")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        rows = next(filter(None, (_rows(sheet) for sheet in book.worksheets)), [])
    except _BROKEN:
        raise ResourceError(f"{path.name} is damaged or locked with a password; save it again.") from None
    if not rows:
        raise ResourceError(f"{path.name} holds no table; give another file.")
    header, *body = rows
    return {name: [row[i] if i < len(row) else "" for row in body] for i, name in enumerate(header)}


def _rows(sheet: "openpyxl.worksheet.worksheet.Worksheet") -> list[list[str]]:
    rows = ([_text(value) for value in row] for row in sheet.iter_rows(values_only=True))
    return [row for row in rows if any(row)]


def _text(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)
