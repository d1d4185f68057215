"""One tree of errors. Every message is a sentence that says what to do.

HuggingGPTError
├── InputError           what the user gave cannot be used          (exit code 2)
│   └── ResourceError    a file, link or attachment                 (exit code 2)
├── ConfigError          an option, mode, model or key is wrong     (exit code 2)
├── PlanError            no valid plan for the request              (exit code 3)
└── ModelError           a model could not do its task              (exit code 4)
    ├── ModelLoading     not ready yet; transient
    ├── RateLimited      asked too often; transient
    ├── ModelTimeout     took longer than the limit
    ├── ModelUnavailable missing, gated, gone or served by nobody
    ├── PaymentRequired  the account's credits are spent
    ├── OutOfMemory      does not fit the device
    └── BadOutput        answered with something that is not a result
"""


class HuggingGPTError(RuntimeError):
    """The root. What a user or a model caused; our own bugs are never wrapped in it.

    LangGraph's server passes the words of built-in errors on to clients, and hides those of all others.
    """

    exit_code = 1


class InputError(HuggingGPTError):
    """The request itself cannot be used."""

    exit_code = 2


class ResourceError(InputError):
    """A file, link or attachment cannot be used."""


class ConfigError(HuggingGPTError):
    """An option or the environment names something that is not there."""

    exit_code = 2


class PlanError(HuggingGPTError):
    """No valid plan came out, also after the model was told what was wrong."""

    exit_code = 3


class ModelError(HuggingGPTError):
    """A model could not do its task; the next candidate may.

    ``retry_after`` is in seconds, and None where trying the same model again is pointless.
    """

    exit_code = 4

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.retry_after is not None


class ModelLoading(ModelError):
    """The model is being loaded; worth a bounded wait."""

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message, retry_after)


class RateLimited(ModelError):
    """Too many requests; ``retry_after`` is what the server asked for."""

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message, retry_after)


class ModelTimeout(ModelError):
    """The call outlasted its limit and was abandoned."""


class ModelUnavailable(ModelError):
    """Missing, gated, withdrawn, or served by no provider."""


class PaymentRequired(ModelError):
    """The account's included credits are spent."""


class OutOfMemory(ModelError):
    """The model, or its input, does not fit the device."""


class BadOutput(ModelError):
    """The model returned nothing, or something of the wrong kind."""
