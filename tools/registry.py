"""The ways to run a model, by name: one row each, as a package names its entry points.

This table alone knows every backend; what asks for one gets it from here, and no backend knows another.
"""

from pkgutil import resolve_name

from tools.protocol import Backend, BackendName
from tools.tasks import TASKS

_ENTRIES: dict[BackendName, str] = {
    "local": "tools.backends.local:Local",
    "endpoint": "tools.backends.endpoint:Endpoint",
    "llm": "tools.backends.llm:Llm",
    "embedded": "tools.experts:everything",
    "extra": "tools.extras.backend:Extra",
}

BACKENDS: dict[BackendName, Backend] = {name: resolve_name(entry)() for name, entry in _ENTRIES.items()}


def table() -> str:
    """Which backend can do which task type when everything is installed and configured, in Markdown."""
    from tools.backends.endpoint.routes import ROUTES
    from tools.backends.llm import SKILLS
    from tools.backends.local.recipes import RECIPES
    from tools.experts import EXPERTS

    columns = {
        "local": RECIPES,
        "inference providers": [name for name, routes in ROUTES.items() if any(route.tag for route in routes)],
        "own endpoint": ROUTES,
        "controller's model": SKILLS,
        "built in": {expert.task for expert in EXPERTS},
    }
    rows = [" | ".join(["task type", *columns]), " | ".join(["---"] * (len(columns) + 1))]
    rows += [" | ".join([name, *("yes" if name in able else "" for able in columns.values())]) for name in TASKS]
    return "\n".join(f"| {row} |" for row in rows)
