"""Inference providers of the Hub: those that serve a model are asked one after the other, until one answers.

The Hub's client does the asking, in a thread: it looks up, polls and downloads in a way that blocks the event loop.
"""

import time
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

from tools.backends.endpoint.bounds import Bounds, bounded
from tools.backends.endpoint.errors import translate
from tools.backends.endpoint.routes import ROUTES, Route, translates_into
from tools.daemons import aside
from tools.errors import ModelError, ModelUnavailable, PaymentRequired
from tools.languages import code_of
from tools.models.facts import Facts
from tools.models.hub import known
from tools.models.own import Own
from tools.models.providers import serves
from tools.protocol import Call, Output
from tools.settings import settings

_FRESH = 600  # seconds for which it stands who serves a model


async def at_provider(call: Call, own: Own | None, token: str, seconds: float) -> Output:
    """Ask the providers of a Hub model, within so many seconds. Raises what the client raises.

    A call that is cancelled, or too late, is withdrawn from a provider that can be told.
    """
    bounds = Bounds(time.monotonic() + seconds, most=settings().max_bytes * 4 // 3)
    try:
        return await aside(partial(bounded, bounds, partial(_ask, call, own, token)), "endpoint")
    finally:
        bounds.stop()


def _ask(call: Call, own: Own | None, token: str) -> Output:
    route, facts = _route_of(call.candidate.model, ROUTES[call.task.name])
    inputs = dict(call.inputs)
    if route.method == "translation":
        _check_target(call.candidate.model, inputs.get("language"))
    if call.task.name == "fill-mask" and facts and facts.mask_token:
        # people write [MASK], and models have their own word for it
        inputs["text"] = inputs["text"].replace("[MASK]", facts.mask_token)
    wanted = (own and own.provider) or settings().provider
    return _first_answer(
        call.candidate.model, list(_serving(call.candidate.model, route, wanted, token)), route, inputs, token
    )


def _first_answer(model: str, providers: Sequence[Any], route: Route, inputs: dict[str, Any], token: str) -> Output:
    """Of the first provider that gives one. What an account lacks, it lacks everywhere."""
    from tools.backends.endpoint.client import InferenceClient

    payload = route.ask(inputs)
    for provider in providers:
        try:
            with InferenceClient(model, provider=provider, token=token) as client:
                return route.read(getattr(client, str(route.method))(**payload), inputs)
        except Exception as error:
            failed = translate(error, model, token)
            if not isinstance(failed, ModelError) or isinstance(failed, PaymentRequired) or provider == providers[-1]:
                raise
    raise ModelUnavailable(f"{model} is not served as {route.served_as} by any inference provider now.")


def _serving(model: str, route: Route, wanted: str, token: str) -> Iterator[str]:
    """The providers that serve the model for what is asked, in the order of the user's own settings on the Hub."""
    if wanted != "auto" or route.served_as == "conversational":  # the Hub's router itself finds one for a chat
        yield wanted
        return
    for provider, task in _mapping(model, token, int(time.monotonic() // _FRESH)):
        if task == route.served_as and serves(provider, task):
            yield provider


@lru_cache(maxsize=256)
def _mapping(model: str, token: str, _age: int) -> tuple[tuple[str, str], ...]:
    """Who serves a model now, and as what; those that fail the Hub's own checks come last."""
    from huggingface_hub import HfApi

    info = HfApi(token=token).model_info(model, expand=["inferenceProviderMapping"])
    listed = sorted(info.inference_provider_mapping or [], key=lambda provider: provider.status != "live")
    return tuple((provider.provider, provider.task) for provider in listed)


def _check_target(model: str, language: str | None) -> None:
    """A translator for one pair of languages gives no other language than its own."""
    target = translates_into(model)
    if language and target and code_of(language) != target:
        raise ModelUnavailable(f"{model} translates into {target} only; choose another model for {language}.")


def _route_of(model: str, routes: Sequence[Route]) -> tuple[Route, Facts | None]:
    """The route under whose tag the Hub lists the model, and what it says of it."""
    listed = [(route, facts) for route in routes if route.tag for facts in known(route.tag) if facts.model == model]
    return listed[0] if listed else (next(route for route in routes if route.tag), None)
