"""Who did what to keys, files and conversations, and who was refused: never what was said."""

import json
import logging
import os
import threading
from datetime import UTC, datetime

from tools.settings import process_settings

log = logging.getLogger(__name__)
_writing = threading.Lock()


def audit(action: str, owner: str, **facts: object) -> None:
    """Add a line of JSON to the owner's file, where the settings name one. What cannot be written is logged."""
    file = process_settings().audit_log
    if file is None:
        return
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"at": at, "action": action, "owner": owner, **facts}, ensure_ascii=False) + "\n"
    try:
        with _writing:
            file.parent.mkdir(parents=True, exist_ok=True)
            target = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:  # several processes append, each whole lines
                os.write(target, line.encode())
            finally:
                os.close(target)
    except OSError as error:
        log.error("The audit log cannot be written (%s): %s", error.strerror, line.strip())
