"""How an extra is installed, where this program runs."""

from pathlib import Path

_CHECKOUT = Path(__file__).parents[1] / "pyproject.toml"


def command(*extras: str) -> str:
    """The command that adds extras: to the checkout that one stands in, or to the installed package."""
    named = ",".join(sorted(extras))
    return f"pip install '.[{named}]'" if _CHECKOUT.is_file() else f"pip install 'hugginggpt[{named}]'"
