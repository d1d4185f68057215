"""What the Hub's client can ask which inference provider for.

The file is written from the client itself, by ``python -m tools.models.providers``: asking it takes half a second.
"""

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("providers.json")


def serves(provider: str, task: str | None) -> bool:
    """Whether the client knows how to ask the provider for the task."""
    return task in _table().get(provider, ())


def of_client() -> dict[str, list[str]]:
    """The tasks of each provider, as the client has them."""
    from huggingface_hub.inference._providers import PROVIDERS

    return {str(name): sorted(tasks) for name, tasks in sorted(PROVIDERS.items())}


@cache
def _table() -> dict[str, list[str]]:
    table: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return table


_table()  # now, so that the event loop never waits for it

if __name__ == "__main__":
    FILE.write_text(json.dumps(of_client(), indent=1) + "\n", encoding="utf-8")
