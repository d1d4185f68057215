"""Plain questions about a table: counting, sums, averages, the largest and smallest, and the rows that fit."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tools.errors import ModelUnavailable
from tools.files import media
from tools.protocol import Output

Row = Mapping[str, str]
_MOST = 30  # rows that are shown
_OPERATIONS = {  # the first that fits counts
    "distinct": r"\b(?:different|distinct|unique)\b",
    "count": r"\bhow many\b|\bnumber of\b|\bcount\b",
    "sum": r"\bsum\b|\btotal\b|\badd up\b|\baltogether\b|\bhow much\b",
    "mean": r"\baverage\b|\bmean\b",
    "median": r"\bmedian\b",
    "max": r"\b(?:highest|largest|biggest|greatest|maximum|max|most expensive|most|longest|latest|oldest|best|top)\b",
    "min": r"\b(?:lowest|smallest|least|minimum|min|cheapest|fewest|shortest|earliest|youngest|worst)\b",
}
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    r"(?:over|above|more than|greater than|larger than|higher than|exceeds|>)": operator.gt,
    r"(?:under|below|less than|smaller than|lower than|fewer than|<)": operator.lt,
    r"(?:at least|from|>=|no less than)": operator.ge,
    r"(?:at most|up to|<=|no more than)": operator.le,
    r"(?:exactly|equal to|equals|is|of|=)": operator.eq,
}
_PRICED = {
    "expensive": ("price", "cost"),
    "cheapest": ("price", "cost"),
    "oldest": ("age", "date"),
    "youngest": ("age",),
}


@dataclass(frozen=True)
class Table:
    """The rows, and which columns hold numbers."""

    names: Sequence[str]
    rows: Sequence[Row]
    numeric: Sequence[str]

    @classmethod
    def read(cls, path: str) -> "Table":
        """Read a CSV, TSV or XLSX file. Raises ResourceError."""
        columns = media.table(Path(path))
        rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
        return cls(list(columns), rows, [name for name, cells in columns.items() if _are_numbers(cells)])


def answer(question: str, table: str) -> Output:
    """What the question asks of the table; data holds the rows that it is about.

    Raises:
        ModelUnavailable: the question is not one of those that are understood here; a model may do.
    """
    known, asked = Table.read(table), question.lower()
    left, conditions = _conditions(asked, known)
    rows = [row for row in known.rows if all(fits(row) for _, fits in conditions)]
    operation = next((name for name, words in _OPERATIONS.items() if re.search(words, left)), None)
    column = _column(left, known, operation)
    said = _computed(operation, column, rows, known)
    if said is None and not conditions:
        raise ModelUnavailable(
            f"This question is beyond what is computed here (counts, sums, averages, largest and smallest, filters)."
            f" The columns are {', '.join(known.names)}."
        )
    about = f" (where {' and '.join(name for name, _ in conditions)})" if conditions else ""
    return Output(f"{said}{about}" if said else _shown(rows, known.names), [dict(row) for row in rows[:_MOST]])


def _conditions(asked: str, table: Table) -> tuple[str, list[tuple[str, Callable[[Row], bool]]]]:
    """What the rows must fulfil, in words and as a test; and the question without these words."""
    conditions: list[tuple[str, Callable[[Row], bool]]] = []
    for name in table.numeric:
        for words, compare in _COMPARED.items():
            number, column = r"[$€]?([\d.,]+)", _stem(name)
            after = rf"{column}\w*(?: \w+)?? (?:is |are |was )?{words} ?{number}"
            if match := re.search(rf"{after}|{words} ?{number} {column}", asked):
                limit = _number(match[1] or match[2]) or 0.0
                conditions.append((match[0].strip(), _numeric_test(name, compare, limit)))
                asked = asked.replace(match[0], " ")
                break
    for name in table.names:
        values = {row[name].strip().lower() for row in table.rows if name not in table.numeric} - {""}
        named = [value for value in values if re.search(rf"\b{re.escape(value)}(?:e?s)?\b", asked)]
        if named:
            conditions.append((f"{name} is {' or '.join(sorted(named))}", _equal_test(name, named)))
            asked = re.sub("|".join(map(re.escape, named)), " ", asked)
    return asked, conditions


def _numeric_test(name: str, compare: Callable[[float, float], bool], limit: float) -> Callable[[Row], bool]:
    def fits(row: Row) -> bool:
        value = _number(row[name])
        return value is not None and compare(value, limit)

    return fits


def _equal_test(name: str, named: Sequence[str]) -> Callable[[Row], bool]:
    return lambda row: row[name].strip().lower() in named


def _column(asked: str, table: Table, operation: str | None) -> str | None:
    """The column that is asked about: of numbers, where something is computed."""
    wanted = table.numeric if operation in {"sum", "mean", "median", "max", "min"} else table.names
    named = [name for name in wanted if re.search(rf"\b{_stem(name)}", asked)]
    hinted = [name for word, hints in _PRICED.items() if word in asked for name in wanted if name.lower() in hints]
    only = list(wanted) if operation not in {None, "count"} and len(wanted) == 1 else []
    return next(iter([*named, *hinted, *only]), None)


def _computed(operation: str | None, column: str | None, rows: Sequence[Row], table: Table) -> str | None:
    """The answer in words, or None where nothing is computed."""
    if operation == "count":
        return f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
    if column is None or operation is None:
        return None
    if operation == "distinct":
        kinds = dict.fromkeys(row[column] for row in rows if row[column])
        return f"{len(kinds)} different: {', '.join(list(kinds)[:_MOST])}"
    numbers = [(value, row) for row in rows if (value := _number(row[column])) is not None]
    if not numbers:
        return "No row fits"
    if operation in {"max", "min"}:
        value, row = (max if operation == "max" else min)(numbers, key=lambda pair: pair[0])
        return f"{_label(row, column, table)}: {column} {value:,g}"
    values = [value for value, _ in numbers]
    result = {"sum": sum(values), "mean": sum(values) / len(values), "median": median(values)}[operation]
    return f"{operation.capitalize()} of {column}: {round(result, 2):,.10g}".replace("Mean of", "Average of")


def _label(row: Row, column: str, table: Table) -> str:
    """How a row is called: by its first column of words."""
    return row[next((name for name in table.names if name not in table.numeric), column)]


def _shown(rows: Sequence[Row], names: Sequence[str]) -> str:
    if not rows:
        return "No row fits."
    lines = [
        " | ".join(names),
        " | ".join("---" for _ in names),
        *(" | ".join(row[name] for name in names) for row in rows),
    ]
    more = f"\n\n... and {len(rows) - _MOST} more rows" if len(rows) > _MOST else ""
    return "\n".join(f"| {line} |" for line in lines[: _MOST + 2]) + more


def _stem(name: str) -> str:
    """A column's name without the ending of a plural, as an expression."""
    return re.escape(re.sub(r"[_\W]+", " ", name.lower()).strip().removesuffix("s")).replace(r"\ ", "[ _]")


def _are_numbers(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all(_number(cell) is not None for cell in filled)


def _number(cell: str) -> float | None:
    """A number as tables write it: with a currency, a percent sign, thousands set off by commas or spaces."""
    text = re.sub(r"^[$€£]|[%€$£]$|(?<=\d)[,\u00a0 '](?=\d{3}\b)", "", cell.strip().rstrip(".")).strip()
    try:
        return float(text)
    except ValueError:
        return None
