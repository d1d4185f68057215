"""The table of routes against the client itself: whatever its methods can do is asked of them, in their words."""

import inspect
from pathlib import Path

import pytest
from huggingface_hub import InferenceClient

from tests.tools.backends.endpoint.calls import inputs
from tools.backends.endpoint.routes import ROUTES
from tools.tasks import TASKS

METHODS = {
    name: inspect.signature(method)
    for name, method in inspect.getmembers(InferenceClient, inspect.isfunction)
    if not name.startswith("_") and "model" in inspect.signature(method).parameters
}
NO_TASK = {"get_endpoint_info", "health_check"}
NOT_OFFERED = {"tabular_regression"}  # tables are classified; numbers are no task type of the paper's
COMPUTED = {"text-extraction", "image-facts", "audio-facts", "video-facts", "video-to-audio", "video-to-image"}
OWN_ENDPOINT = {  # the client has no method, and providers serve none: posted to an endpoint of one's own
    "text-ranking", "zero-shot-object-detection", "mask-generation", "depth-estimation", "keypoint-detection",
    "image-feature-extraction", "text-to-audio", "zero-shot-audio-classification", "video-classification",
}  # fmt: skip
SERVED_AS = {
    "text2text-generation": "text_generation",
    "conversational": "chat_completion",
    "image-text-to-text": "chat_completion",
    "image-editing": "image_to_image",
}


def test_every_method_of_the_client_is_that_of_a_task_type() -> None:
    asked = {route.method for routes in ROUTES.values() for route in routes if route.method}
    assert asked == METHODS.keys() - NO_TASK - NOT_OFFERED


@pytest.mark.parametrize("task", TASKS)
def test_a_task_type_goes_by_the_clients_method_of_its_name_or_there_is_a_reason(task: str) -> None:
    asked = {route.method for route in ROUTES.get(task, ())}
    controls = task.endswith(("-control", "-text-to-image"))
    if (method := task.replace("-", "_")) in METHODS:
        assert method in asked
    elif task in COMPUTED:
        assert task not in ROUTES
    elif task in SERVED_AS:
        assert SERVED_AS[task] in asked
    else:
        assert controls or task in OWN_ENDPOINT
        assert asked == {None}


@pytest.mark.parametrize("task", ROUTES)
def test_a_route_calls_its_method_by_the_names_of_its_parameters(task: str, tmp_path: Path) -> None:
    for route in ROUTES[task]:
        if route.method:
            METHODS[route.method].bind(None, **route.ask(inputs(task, tmp_path)))
