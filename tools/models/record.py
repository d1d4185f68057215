"""Writes the recorded catalogue anew: ``python -m tools.models.record``.

Every model in it is asked of the Hub. One that the Hub has no more is left out, and one that it cannot be asked about
keeps what was recorded before, with its date.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError

from tools.models.facts import SNAPSHOT, Facts, ask_about

Row = Mapping[str, Any]
Ask = Callable[[str, str], Facts]
_DERIVED = {"aspects"}  # told by the name, whenever the file is read


def record(rows: Iterable[Row], ask: Ask = ask_about) -> list[Row]:
    """The rows as the Hub has them now, models of one task together."""
    fresh = [now for row in rows if (now := _fresh(row, ask))]
    order = list(dict.fromkeys(row["task"] for row in fresh))
    return sorted(fresh, key=lambda row: order.index(row["task"]))


def _fresh(row: Row, ask: Ask) -> Row | None:
    try:
        facts = ask(row["model"], row["task"])
    except RepositoryNotFoundError:
        return None
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx.HTTPError, OSError):
        return row
    fields = facts.model_dump(mode="json", exclude=_DERIVED, exclude_defaults=True)
    return fields | {"approximate": False}


def write(path: Path, rows: Iterable[Row]) -> None:
    """One model a line, so that a change is seen."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    lines = ",\n    ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    head = "".join(f"  {json.dumps(name)}: {json.dumps(kept[name])},\n" for name in ("as_of", "note"))
    path.write_text(f'{{\n{head}  "models": [\n    {lines}\n  ]\n}}\n', encoding="utf-8")


def main() -> None:
    """Ask about every model in the file, and write it."""
    before = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["models"]
    after = record(before)
    write(SNAPSHOT, after)
    asked = sum(row.get("approximate") is False for row in after)
    print(f"{asked} of {len(after)} models as the Hub has them now, {len(before) - len(after)} gone")  # noqa: T201


if __name__ == "__main__":
    main()
