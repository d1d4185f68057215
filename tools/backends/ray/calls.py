"""Calls on their way to a replica and back: inputs packed, steps passed on, lost ones sent again."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from ray.exceptions import RayError, RayTaskError
from ray.serve.handle import DeploymentHandle

from tools import progress
from tools.backends.ray.replica import Request
from tools.errors import BadOutput, HuggingGPTError, ModelUnavailable
from tools.protocol import Call, Candidate, Output
from tools.settings import process_settings

_CARRIED = ("download", "max_download", "device", "steps")  # settings by which a replica does as this process would
_BY_PATH = {"table", "video"}  # what inputs name by a path, which is no file on another machine
_ATTEMPTS = 2


def packed(call: Call, parts: Mapping[str, str]) -> Request:
    """A call with all that it needs to run anywhere. Reads files: not for the event loop."""
    paths = {slot.name for slot in call.task.slots if slot.modality in _BY_PATH} & call.inputs.keys()
    files = {name: (Path(call.inputs[name]).name, Path(call.inputs[name]).read_bytes()) for name in paths}
    inputs = {name: value for name, value in call.inputs.items() if name not in paths}
    return Request(call.candidate, parts, _carried(), inputs, files)


def loading(candidate: Candidate, parts: Mapping[str, str]) -> Request:
    """What has a replica load a model and no more, and answer without media."""
    return Request(candidate, parts, _carried())


def _carried() -> dict[str, object]:
    return {name: getattr(process_settings(), name) for name in _CARRIED}


async def send(handle: DeploymentHandle, request: Request) -> Output:
    """The answer of a replica; where that is lost before it has answered, of another, asked once.

    Raises what the model raised, or ModelUnavailable where the second was lost, too.
    """
    lost: RayError | None = None
    for _ in range(_ATTEMPTS):
        try:
            return await _answer(handle, request)
        except RayTaskError:  # a bug of ours, with its traceback
            raise
        except RayError as error:
            lost = error
    raise ModelUnavailable(
        f"{request.candidate.model} was lost with its node twice: choose another model, or see `ray status`."
    ) from lost


async def _answer(handle: DeploymentHandle, request: Request) -> Output:
    """One replica's answer; its steps are reported meanwhile. Cancelled, it stops the replica's work."""
    name = f"{request.candidate.model}@{request.candidate.revision or 'main'}"
    routed = handle.options(stream=True, multiplexed_model_id=name)
    answers = await asyncio.to_thread(routed.run.remote, request)  # pictures take their time to pack
    made: Output | HuggingGPTError | None = None
    try:
        async for answer in answers:
            if isinstance(answer, tuple):
                progress.report(*answer)
            else:
                made = answer
    except asyncio.CancelledError:
        answers.cancel()
        raise
    if isinstance(made, Output):
        return made
    raise made or BadOutput(f"{request.candidate.model} gave no answer.")
