"""Models that run elsewhere: Hugging Face inference providers, and endpoints of the user's own."""

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.backends.endpoint.calls import at_url
from tools.backends.endpoint.errors import translate
from tools.backends.endpoint.providers import at_provider
from tools.backends.endpoint.routes import ROUTES, Route
from tools.errors import ModelUnavailable
from tools.models.facts import Facts
from tools.models.hub import hub, known
from tools.models.own import Own, configured
from tools.models.providers import serves
from tools.protocol import BackendName, Call, Candidate, Output
from tools.settings import settings
from tools.tasks import TaskType

ROUTER = "router.huggingface.co"  # the host that every call of an inference provider goes through
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


class Endpoint:
    """Runs a task on a provider that serves a Hub model, or at a URL from the user's own file.

    The Hub token goes to the Hub and its router alone. A URL sees the value of the variable its entry names, and no
    URL comes from anywhere but the owner's file.
    """

    name: BackendName = "endpoint"

    def __init__(self) -> None:
        self._memo: dict[str, tuple[Any, list[tuple[Candidate, str | None]]]] = {}
        self._saved = _token()
        hub()  # reads the disk now, at import, so that the event loop never waits for it

    def candidates(self, task: TaskType) -> Sequence[Candidate]:
        """The user's endpoints, and the Hub's models that a provider serves, most downloaded first."""
        if self.token is None and not configured(task.name):  # then there is nothing to ask the Hub for
            return []
        return [candidate for candidate, reason in self.explain(task) if reason is None]

    def explain(self, task: TaskType) -> Sequence[tuple[Candidate, str | None]]:
        """Every model for the task, with the reason why it cannot be used, or None."""
        routes = [route for route in ROUTES.get(task.name, ()) if route.tag]
        facts = tuple(known(route.tag) for route in routes if route.tag)
        stamp = (self.token is None, settings().provider, settings().models, facts)
        if self._memo.get(task.name, (None,))[0] != stamp:
            self._memo[task.name] = (stamp, self._list(task, routes, facts))
        return self._memo[task.name][1]

    def missing(self, task: TaskType) -> str:
        """What to set so that the task can run remotely."""
        if task.name not in ROUTES:
            return f"No endpoint does {task.name}."
        own = f'add an endpoint for {task.name} to {settings().models} (task = "{task.name}", model = "https://...")'
        if not any(route.tag for route in ROUTES[task.name]):
            return f"No inference provider does {task.name}; {own}."
        if self.token is None:
            return f"Set HF_TOKEN to a Hugging Face token that may call inference providers, or {own}."
        return "" if self.candidates(task) else f"No inference provider is known to serve {task.name} now; {own}."

    async def run(self, call: Call) -> Output:
        """Call the model, within ``endpoint_timeout`` seconds, or ``film_timeout`` for films. Raises ModelError."""
        model, limit = call.candidate.model, _limit(call.task)
        key: str | None = None
        try:
            async with asyncio.timeout(limit):
                own = _own(call)
                if own and own.where == "url":
                    key = own.key
                    return await at_url(call, own)
                key = await asyncio.to_thread(lambda: self.token)
                if key is None or not _HUB_ID.fullmatch(model):  # a URL that nobody configured gets no key
                    raise ModelUnavailable(self.missing(call.task) or f"{model} is no model of the Hub.")
                return await at_provider(call, own, key, limit)
        except Exception as error:
            translated = translate(error, model, key)
            if translated is None:
                raise
            raise translated from None  # the original holds the request, and with it the key

    @property
    def token(self) -> str | None:
        """The user's Hub token: HF_TOKEN, else that of `hf auth login` as it is now, or on an event loop as it was."""
        if not os.environ.get("HF_TOKEN") and not _on_a_loop():
            self._saved = _token()
        return os.environ.get("HF_TOKEN") or self._saved

    def _list(
        self, task: TaskType, routes: Sequence[Route], facts: Sequence[Sequence[Facts]]
    ) -> list[tuple[Candidate, str | None]]:
        chosen = [own for own in configured(task.name) if own.where != "folder"]
        listed = [(_from_own(own, task), own.lacks if own.where == "url" else self._locked()) for own in chosen]
        taken = {candidate.model for candidate, _ in listed}
        for route, models in zip(routes, facts, strict=True):
            fresh = [entry for entry in models if entry.model not in taken]
            taken |= {entry.model for entry in fresh}
            listed += [(_from_facts(entry, task), self._locked() or _refusal(entry, route)) for entry in fresh]
        preferred = {own.model for own in chosen if own.prefer}
        return sorted(listed, key=lambda pair: (pair[0].model not in preferred, -(pair[0].downloads or 0)))

    def _locked(self) -> str | None:
        return "no HF_TOKEN is set" if self.token is None else None


def _refusal(facts: Facts, route: Route) -> str | None:
    wanted, providers = settings().provider, list(facts.providers)
    able = [
        name
        for name, task in facts.providers.items()
        if task in {None, route.served_as} and serves(name, route.served_as)
    ]
    if not providers:
        return "no inference provider serves it"
    if not able:
        return f"{', '.join(providers)} serves it, but not as {route.served_as}"
    if wanted != "auto" and wanted not in able:
        return f"{wanted} does not serve it, but {', '.join(able)} does"
    return route.refuse(facts)


def _from_facts(facts: Facts, task: TaskType) -> Candidate:
    shared = {"model", "revision", "downloads", "likes", "licence", "parameters", "languages", "aspects", "gated"}
    dated = f" (in {facts.as_of:%B %Y}, as far as known)" if facts.approximate else ""
    served = f"served by {', '.join(facts.providers)}{dated}" if facts.providers else ""
    return Candidate(
        task=task.name, backend="endpoint", device=ROUTER, description=served, **facts.model_dump(include=shared)
    )


def _from_own(own: Own, task: TaskType) -> Candidate:
    shared = own.model_dump(include={"model", "revision", "licence", "parameters", "languages", "aspects"})
    device = urlsplit(own.model).netloc if own.where == "url" else ROUTER
    about = own.description or f"from {settings().models}"
    return Candidate(task=task.name, backend="endpoint", device=device, description=about, **shared)


def _own(call: Call) -> Own | None:
    return next((own for own in configured(call.task.name) if own.model == call.candidate.model), None)


def _limit(task: TaskType) -> float:
    """Seconds that one call may take."""
    return settings().film_timeout if "video" in task.outputs else settings().endpoint_timeout


def _on_a_loop() -> bool:
    """Whether an event loop runs in this thread, which must wait for no disk."""
    try:
        return asyncio.get_running_loop() is not None
    except RuntimeError:
        return False


def _token() -> str | None:
    """What the Hub's own client would show: a login that was refreshed counts. Looks at the disk."""
    from huggingface_hub.constants import HF_TOKEN_PATH

    if not Path(HF_TOKEN_PATH).exists() and not os.environ.get("HF_OIDC_RESOURCE"):
        return None
    from huggingface_hub import get_token  # which takes half a second, and only where there is something to find

    try:
        return get_token()
    except Exception:  # noqa: BLE001 - a login that cannot be refreshed is none
        return None
