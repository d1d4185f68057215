"""How Chromium is started, for what is measured and tested in a real browser."""

import shutil
from typing import Any

PATH = shutil.which("chromium") or shutil.which("google-chrome")
MISSING = "needs Chromium: apt-get install chromium"
LAUNCH: dict[str, Any] = {  # what playwright's launch() takes
    "executable_path": PATH,
    "args": [
        *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    ],
}
