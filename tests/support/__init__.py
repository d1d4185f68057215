"""What many tests need: stand-ins on loopback, tiny models, processes to kill."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
