"""Endpoints of a Gradio app: a Space of the Hub by OWNER/NAME, or any app by its address."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from gradio_client import Client
from gradio_client.exceptions import AppError, AuthenticationError
from gradio_client.utils import Status
from huggingface_hub import space_info
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from tools import progress
from tools.daemons import DaemonExecutor, aside
from tools.errors import ConfigError, ModelError, ModelTimeout, ModelUnavailable
from tools.extras import gradio_values as values
from tools.extras.entry import Entry
from tools.extras.place import Place
from tools.extras.results import fetched, gathered, made
from tools.extras.wording import described
from tools.files.fetch import Trusted, check_address
from tools.protocol import Output
from tools.settings import settings

_OWN_TOKEN = "HF_TOKEN"  # noqa: S105 - the variable's name
_GLANCE = 0.2  # seconds between two looks at a job


async def describe(place: Place) -> Sequence[Entry]:
    """An entry for each named endpoint."""
    return await aside(partial(_describe, place), "extra")


async def run(entry: Entry, inputs: dict[str, Any]) -> Output:
    """Send the inputs, wait, and fetch the files made, by the same guarded way as any link."""
    return await aside(partial(_run, entry, inputs), "extra")


def _describe(place: Place) -> list[Entry]:
    place = _with_own_token(place)
    with _connected(place) as client:
        about = client.view_api(print_info=False, return_format="dict")["named_endpoints"]
        return [_entry(place, name, endpoint, _components(client, name)) for name, endpoint in about.items()]


def _entry(place: Place, endpoint: str, about: dict[str, Any], components: Sequence[dict[str, Any]]) -> Entry:
    parameters = about["parameters"]
    known = components if len(components) == len(parameters) else [{}] * len(parameters)
    slots = [values.slot(argument, component) for argument, component in zip(parameters, known, strict=True)]
    notes = [
        f"{argument['parameter_name']} ({argument['component']}) keeps its default"
        for argument, slot in zip(parameters, slots, strict=True)
        if slot is None and argument["parameter_has_default"]
    ]
    lacking = next(
        (
            argument["component"]
            for argument, slot in zip(parameters, slots, strict=True)
            if slot is None and not argument["parameter_has_default"]
        ),
        None,
    )
    shown = [output for output in about["returns"] if values.shown(output["component"])]
    notes += [f"its {output['component']} is left out" for output in about["returns"] if output not in shown]
    unusable = f"takes a {lacking}, which cannot be given here" if lacking else ""
    unusable = unusable or ("" if shown else "gives nothing that can be shown here")
    return described(
        place,
        endpoint,
        about.get("description") or "",
        outputs=made(values.medium(output["component"]) for output in shown),
        slots=tuple(filter(None, slots)),
        notes=tuple(notes),
        unusable=unusable,
    )


def _components(client: Client, endpoint: str) -> list[dict[str, Any]]:
    """The properties of the components that an endpoint takes, in order, as far as its page tells them."""
    known = {component["id"]: component for component in client.config.get("components", [])}
    name = endpoint.removeprefix("/")
    inputs: list[int] = next(
        (dependency["inputs"] for dependency in client.config["dependencies"] if dependency.get("api_name") == name), []
    )
    components = [known.get(number, {}) for number in inputs]
    return [component.get("props", {}) for component in components if component.get("type") != "state"]


def _with_own_token(place: Place) -> Place:
    """The user's own token for a private Space: the Hub alone is asked with it whether that is one."""
    if "://" in place.source or place.token or not os.environ.get(_OWN_TOKEN):
        return place
    try:
        private = space_info(place.source, token=os.environ[_OWN_TOKEN], timeout=settings().fetch_timeout).private
    except HfHubHTTPError:
        return place  # said again, and explained, when it is opened
    return place.model_copy(update={"token": f"env:{_OWN_TOKEN}"}) if private else place


@contextmanager
def _connected(place: Place) -> Iterator[Client]:
    """A client that sends what the place names alone and downloads nothing by itself, closed at the end."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # the client's own switch does not turn them off
    try:
        client = Client(
            place.address,
            token=place.secret() or False,  # None would send the user's Hub token to whoever runs the app
            auth=place.account(),
            headers=place.filled(place.headers),
            verbose=False,
            download_files=False,
            analytics_enabled=False,
            httpx_kwargs={"timeout": settings().fetch_timeout},
        )
    except AuthenticationError:
        hint = "name user and password by --login 'user:${MY_PASSWORD}'"
        raise ConfigError(f"{place.source} asks for a login: {hint}.") from None
    except RepositoryNotFoundError:
        raise ConfigError(
            f"The Hub has no Space {place.source}; if it is private, name a token for it by --token env:HF_TOKEN."
        ) from None
    except (ValueError, KeyError) as error:
        if "login" in str(error):
            raise ConfigError(f"{place.source} refuses the login: check its variables.") from None
        raise ModelUnavailable(f"{place.source} is no Gradio app, or is not well: {str(error)[:200]}.") from error
    try:
        client.executor = client.helper_executor = client.stream_executor = DaemonExecutor()
        _check_origin(place, client)
        yield client
    finally:
        client.close()


def _check_origin(place: Place, client: Client) -> None:
    """Refuse an app whose API is elsewhere than the app, and a Space at a private address."""
    if "://" not in place.source:
        check_address(client.src)
    if not Trusted(client.src).covers(httpx.URL(client.src_prefixed)):
        raise ConfigError(f"{place.source} says that its API is at {client.src_prefixed}; add that address itself.")


def _run(entry: Entry, inputs: dict[str, Any]) -> Output:
    with tempfile.TemporaryDirectory() as folder, _connected(entry) as client:
        about = client.view_api(print_info=False, return_format="dict")["named_endpoints"].get(entry.tool)
        if about is None:
            raise ModelUnavailable(f"{entry.source} no longer has {entry.tool}; remove {entry.name} and add it again.")
        arguments = entry.arguments(inputs)
        for slot in entry.slots:
            if slot.name in inputs:
                arguments[slot.parameter] = values.sent(slot, arguments[slot.parameter], Path(folder))
        value = _result(entry, client, arguments)
        kinds = [output["component"] for output in about["returns"]]
        outputs = value if isinstance(value, list | tuple) and len(kinds) != 1 else [value]
        return gathered(values.received(kinds, outputs, partial(_fetched, entry, client)), entry)


def _fetched(entry: Entry, client: Client, file: dict[str, Any]) -> object:
    """A file from the app, with all that opens it, or from wherever else the app says it is. Raises BadOutput."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    trusted = Trusted(client.src, {**client.headers, **({"Cookie": cookies} if cookies else {})})
    return fetched(str(file.get("url") or f"{client.src_prefixed}file={quote(file['path'])}"), entry, trusted)


def _result(entry: Entry, client: Client, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - what the app gives
    """The result of one call, its progress reported. Cancelled in the app when its time is up."""
    job = client.submit(api_name=entry.tool, **arguments)
    until = time.monotonic() + settings().endpoint_timeout
    while True:
        try:
            return job.result(timeout=_GLANCE)
        except CancelledError:
            raise ModelUnavailable(f"{entry.source} went away in the middle of the call.") from None
        except AppError as error:
            raise ModelError(f"{entry.name} refused: {' '.join(str(error).split())[:300]}") from error
        except TimeoutError:
            if time.monotonic() > until:
                job.cancel()
                raise ModelTimeout(f"{entry.source} took longer than {settings().endpoint_timeout:g} s.") from None
            _report(job.status())


def _report(status: Any) -> None:  # noqa: ANN401 - gradio_client ships no types
    """The innermost bar's progress, as steps or else in percent."""
    unit = (status.progress_data or [None])[-1] if status.code == Status.PROGRESS else None
    if unit and unit.length:
        progress.report(int(unit.index or 0), int(unit.length))
    elif unit and unit.progress is not None:
        progress.report(round(100 * unit.progress), 100)
