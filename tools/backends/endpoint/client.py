"""The Hub's own client, with our way of sending. Importing it takes half a second: never on the event loop."""

import json
from typing import Any

from httpx import Response
from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.inference._common import TASKS_EXPECTING_IMAGES, RequestParameters
from huggingface_hub.utils._http import hf_raise_for_status
from huggingface_hub.utils._runtime import is_numpy_available, is_pillow_available

from tools.backends.endpoint.conversation import Post

__all__ = ["Client", "InferenceClient", "answered", "packed"]

# The library takes a package for missing while another thread is just looking for it: so it looks now, once.
is_numpy_available()
is_pillow_available()


class Client(AsyncInferenceClient):
    """Makes requests and reads answers as the library does; its methods are parts of conversations."""

    async def _inner_post(self, request_parameters: RequestParameters, *, stream: bool = False) -> Any:  # noqa: ANN401, ARG002 - the library's signature
        asked = request_parameters
        headers = {name: str(value) for name, value in asked.headers.items() if value is not None}
        if asked.task in TASKS_EXPECTING_IMAGES:
            headers.setdefault("Accept", "image/png")
        return (
            await answered(Post(asked.url, packed(asked.json) if asked.data is None else asked.data, headers))
        ).content


async def answered(post: Post) -> Response:
    """A good answer. Raises HfHubHTTPError for any other."""
    response = await post
    hf_raise_for_status(response)
    return response


def packed(value: object) -> bytes:
    """JSON, of any text: a lone surrogate is no error."""
    return json.dumps(value, separators=(",", ":")).encode()
