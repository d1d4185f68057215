"""The ways to run a model, by name."""

from tools.backends.base import Backend, BackendName

BACKENDS: dict[BackendName, Backend] = {}
