"""The ways to run a model, by name: one row each, as a package names its entry points.

This table alone knows every backend; what asks for one gets it from here, and no backend knows another.
"""

from pkgutil import resolve_name

from tools.protocol import Backend, BackendName

_ENTRIES: dict[BackendName, str] = {
    "local": "tools.backends.local:Local",
    "endpoint": "tools.backends.endpoint:Endpoint",
    "llm": "tools.backends.llm:Llm",
    "embedded": "tools.experts:everything",
    "extra": "tools.extras.backend:Extra",
}

BACKENDS: dict[BackendName, Backend] = {name: resolve_name(entry)() for name, entry in _ENTRIES.items()}
