"""The ways to run a model, by name."""

from tools.backends.base import Backend, BackendName
from tools.backends.embedded import Embedded
from tools.backends.endpoint import Endpoint
from tools.backends.extra import Extra
from tools.backends.llm import Llm
from tools.backends.local import Local

BACKENDS: dict[BackendName, Backend] = {
    backend.name: backend for backend in (Local(), Endpoint(), Llm(), Embedded(), Extra())
}
