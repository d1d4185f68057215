"""An S3 server on loopback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
import httpx
from moto.server import ThreadedMotoServer

ADDRESS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "tester", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def bucket(name: str) -> Iterator[dict[str, str]]:
    """A new bucket; what a process needs in its environment to reach it."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    environment, before = {**ADDRESS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}, dict(os.environ)
    os.environ.update(environment)
    try:
        fsspec.filesystem("s3", skip_instance_cache=True).mkdir(name)
        yield environment
    finally:
        for variable in environment:
            os.environ.pop(variable)
            if variable in before:
                os.environ[variable] = before[variable]
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        httpx.post(f"http://{host}:{port}/moto-api/reset")  # all such servers of a process hold the same buckets
        server.stop()
