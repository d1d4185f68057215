"""Who did what to keys, files and conversations, and who was refused: never what was said."""

import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tools.settings import process_settings

log = logging.getLogger(__name__)
_writer = ThreadPoolExecutor(1, "audit")  # one after the other, and never on the event loop


def audit(action: str, owner: str, **facts: object) -> None:
    """Add a line of JSON to the owner's file, where the settings name one. What cannot be written is logged."""
    if file := process_settings().audit_log:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "action": action, "owner": owner, **facts}, ensure_ascii=False)
        _writer.submit(_append, file, f"{line}\n")


def flush() -> None:
    """Wait until all that was noted is written."""
    _writer.submit(int).result()


def _append(file: Path, line: str) -> None:
    """Whole, as other processes append, too; for the eyes of whoever runs the server alone."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        target = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(target, line.encode())
        finally:
            os.close(target)
    except OSError as error:
        log.error("The audit log cannot be written (%s): %s", error.strerror, line.strip())
