"""One address before several servers, as a load balancer has it: the test says which of them is reached."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Switch:
    """Passes every connection on to the server at ``port``; a change ends those that are open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def serve(self) -> None:
        """Listen, as long as the loop runs."""
        self._listener = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    def turn(self, port: int) -> None:
        """Pass on to that server from now on."""
        self.do(self._turn(port))

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Have it done in the switch's own thread."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def close(self) -> None:
        """End all connections."""
        self._listener.close()
        await self._turn(self._port)
        mine = asyncio.current_task()
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not mine), return_exceptions=True)

    async def _turn(self, port: int) -> None:
        self._port = port
        for writer in self._open:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, onward}
        await asyncio.gather(_copy(reader, onward), _copy(there, writer))
        self._open -= {writer, onward}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


@contextmanager
def switch(port: int) -> Iterator[Switch]:
    """A switch in a thread of its own."""
    made = Switch(port)
    thread = threading.Thread(target=made.loop.run_forever, daemon=True)
    thread.start()
    made.do(made.serve())
    try:
        yield made
    finally:
        made.do(made.close())
        made.loop.call_soon_threadsafe(made.loop.stop)
        thread.join(10)
        made.loop.close()
