"""The worker's end of the fork server: start it, have children forked, hear how they end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ketway.worker import frames, sandbox
from ketway.worker.child import Child
from ketway.worker.deaths import ChildDied
from ketway.worker.forkserver import READY

_START_S = 120.0
_BIRTH_S = 30.0
_END_S = 5.0


class _Born(NamedTuple):
    pid: int
    handle: int  #: pidfd
    died: asyncio.Future[int]  #: wait status


class Forks:
    """Made by `Forks.launch`."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.is_alive = True
        self._process = process
        self._control = control
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._born: asyncio.Future[_Born] | None = None
        self._living: dict[int, asyncio.Future[int]] = {}
        self._handles: list[int] = []
        self._unread = b""
        self._loop.add_reader(control.fileno(), self._hear)

    @classmethod
    async def launch(cls, modules: Mapping[str, str]) -> Forks:
        """Start the fork server and wait until it has imported the engines; seconds.

        Args:
            modules: name of an engine to its module.
        Raises:
            ChildDied: they cannot be imported; its standard error says why.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        process = None
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    # Without -P the folder we stand in would be a place to import from.
                    *("-P", "-m", "ketway.worker.forkserver", str(theirs.fileno())),
                    *(f"{name}={module}" for name, module in modules.items()),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    env=sandbox.environment(),
                    start_new_session=True,
                )
            async with asyncio.timeout(_START_S):
                is_ready = await asyncio.get_running_loop().sock_recv(ours, len(READY)) == READY
            if not is_ready:
                raise ChildDied("the engines cannot be imported; the lines above say why")
        except BaseException as error:
            ours.close()
            if process is not None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            if isinstance(error, TimeoutError):
                raise ChildDied(f"the engines were not imported within {_START_S:g} s") from None
            raise
        return cls(process, ours)

    async def fork(self, folder: Path) -> Child:
        """A child shut into its sandbox, with `folder` for its own.

        Raises:
            ChildDied: there is none, and why.
        """
        ours, theirs = socket.socketpair()
        watched, lifeline = os.pipe()
        try:
            born = await self._ask(folder, theirs.fileno(), watched)
        except BaseException:
            ours.close()
            os.close(lifeline)
            raise
        finally:
            theirs.close()
            os.close(watched)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=2**20)
        child = Child(
            pid=born.pid,
            handle=born.handle,
            reader=reader,
            writer=writer,
            lifeline=lifeline,
            folder=folder,
            died=born.died,
        )
        try:
            async with asyncio.timeout(_BIRTH_S):
                hello = await frames.read(reader, 2**16)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            child.kill()
            how = await child.how_it_ended()
            await child.bury()
            raise ChildDied(f"{how}, before its first task") from None
        child.layers = tuple(sandbox.Layer(**said) for said in hello["layers"])
        child.measure()
        return child

    async def close(self) -> None:
        """End the fork server, which ends its children."""
        self._lost()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _ask(self, folder: Path, *descriptors: int) -> _Born:
        async with self._turn:
            if not self.is_alive:
                raise ChildDied("the fork server is gone")
            self._born = self._loop.create_future()
            try:
                socket.send_fds(self._control, [os.fsencode(folder)], list(descriptors))
            except OSError as error:
                raise ChildDied(f"the fork server takes no request: {error}") from None
            try:
                async with asyncio.timeout(_BIRTH_S):
                    return await self._born
            except TimeoutError:
                self._process.kill()
                raise ChildDied("the fork server does not answer") from None

    def _hear(self) -> None:
        """News of children that were born or have ended."""
        try:
            data, handles, _, _ = socket.recv_fds(self._control, 65536, 16)
        except BlockingIOError:
            return
        except ConnectionError:
            data, handles = b"", []
        self._handles += handles
        if not data:
            self._lost()
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "born" in said:
                self._note_birth(said["born"], self._handles.pop(0))
            else:
                self._note_death(said["died"], said["status"])

    def _note_birth(self, pid: int, handle: int) -> None:
        died = self._living[pid] = self._loop.create_future()
        if self._born is not None and not self._born.done():
            self._born.set_result(_Born(pid, handle, died))

    def _note_death(self, pid: int, status: int) -> None:
        died = self._living.pop(pid, None)
        if died is not None:
            died.set_result(status)

    def _lost(self) -> None:
        """The fork server is gone, and its children with it: by its own hand, or by the death signal."""
        if not self.is_alive:
            return
        self.is_alive = False
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        for handle in self._handles:
            os.close(handle)
        if self._born is not None and not self._born.done():
            self._born.set_exception(ChildDied("the fork server is gone"))
        for died in self._living.values():
            died.set_result(signal.SIGKILL)
        self._living.clear()
