"""A line between two who talk, as a worker and its server do: TCP, handed on until it is cut."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import deque
from concurrent.futures import Future
from enum import Enum


class Line:
    """A proxy on a port of its own, in a thread of its own.

    Args:
        ports: of who is called; each call goes to the next of them that answers.
    """

    class State(Enum):
        WHOLE = "whole"
        CUT = "cut"  #: nothing gets through, and what was open breaks
        STILL = "still"  #: nothing gets through, and nobody is told; it all comes later
        DEAF = "deaf"  #: what the caller says arrives; no answer comes back, and then it breaks

    def __init__(self, *ports: int) -> None:
        self.port = 0
        self._to = deque(ports)
        self._state = Line.State.WHOLE
        self._open: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._in_thread(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]

    def become(self, state: Line.State) -> None:
        self._in_thread(self._become(state))

    def close(self) -> None:
        self._in_thread(self._become(Line.State.CUT))
        self._server.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _in_thread(self, doing):
        done: Future = asyncio.run_coroutine_threadsafe(doing, self._loop)
        return done.result(30)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._carry, "127.0.0.1", 0)

    async def _become(self, state: Line.State) -> None:
        self._state = state
        if state is Line.State.STILL:
            self._flows.clear()
        else:
            self._flows.set()
        if state is Line.State.CUT:
            self._break_all()

    def _break_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._flows.wait()
            if self._state is Line.State.CUT:
                return
            there, back = await self._call()
            self._open.add(back)
            try:
                await asyncio.wait(
                    [
                        asyncio.ensure_future(self._pump(reader, back)),
                        asyncio.ensure_future(self._pump(there, writer, is_answer=True)),
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                self._open.discard(back)
                back.transport.abort()
        except OSError:
            pass  # the server is away, and so is what stands before it
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _call(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """
        Raises:
            OSError: nobody answers.
        """
        for _ in range(len(self._to)):
            self._to.rotate(-1)
            with contextlib.suppress(ConnectionRefusedError):
                return await asyncio.open_connection("127.0.0.1", self._to[0])
        raise ConnectionRefusedError

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool = False
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                if is_answer and self._state is Line.State.DEAF:
                    return  # said, carried out, and never heard of
                writer.write(data)
                await writer.drain()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
