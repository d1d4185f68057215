"""The ways to run a model, by name."""

from tools.backends.base import Backend, BackendName
from tools.backends.embedded import Embedded

BACKENDS: dict[BackendName, Backend] = {backend.name: backend for backend in (Embedded(),)}
