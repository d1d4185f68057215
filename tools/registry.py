"""The ways to run a model, by name: one row each, as a package names its entry points.

This table alone knows every backend; what asks for one gets it from here, and no backend knows another.
"""

from pkgutil import resolve_name
from typing import get_args

from tools.protocol import Backend, BackendName, Mode

# in the order in which they are asked, each with the mode that is for it alone: all are asked where any may run
_ENTRIES: dict[BackendName, tuple[str, Mode | None]] = {
    "local": ("tools.backends.local:Local", "local"),
    "ray": ("tools.backends.ray:Ray", "local"),
    "endpoint": ("tools.backends.endpoint:Endpoint", "endpoint"),
    "llm": ("tools.backends.llm:Llm", "endpoint"),
    "embedded": ("tools.experts:everything", "local"),
    "extra": ("tools.extras.backend:Extra", None),
}
_ANYWHERE = ("auto", "hybrid")

BACKENDS: dict[BackendName, Backend] = {name: resolve_name(entry)() for name, (entry, _) in _ENTRIES.items()}
ORDER: dict[Mode, tuple[BackendName, ...]] = {
    mode: tuple(name for name, (_, own) in _ENTRIES.items() if mode in {*_ANYWHERE, own}) for mode in get_args(Mode)
}
