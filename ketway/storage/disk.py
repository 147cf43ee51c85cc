"""Blobs in a local folder: each written aside, synced, and moved into its place."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import uuid4

from ketway.domain.errors import BadToken, StoreBusy, Unknown

PREFIX = "/blobs/"
_KEY = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
_LANES = 4
#: Where files are written; on the file system of those that they become.
_ASIDE = ".aside"
_LOCK = ".lock"
#: No such file; a folder of that name; a file where a folder would have to be.
_NOT_THERE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)

T = TypeVar("T")


class Signer(Protocol):
    def sign(self, path: str, *, filename: str, until: datetime) -> str: ...

    def check(self, path: str, *, until: str, filename: str, proof: str, now: datetime) -> None: ...


class DiskBlobs:
    """The `BlobStore` port on a folder, whose links are paths of this server."""

    def __init__(self, root: Path, signer: Signer) -> None:
        self._root, self._aside = root, root / _ASIDE
        self._signer = signer
        self._threads = ThreadPoolExecutor(_LANES, thread_name_prefix="ketway-blobs")
        self._aside.mkdir(parents=True, exist_ok=True)
        # Left by a crash. Should another server be writing one here, it is told that it could not.
        for half_written in self._aside.iterdir():
            half_written.unlink(missing_ok=True)

    async def put(self, key: str, body: bytes) -> None:
        await self._write(lambda: _put(self._path(key), body, self._aside))

    async def add(self, key: str, body: bytes) -> int | None:
        path = self._path(key)
        try:
            # A look at a file takes less than the way to a thread and back.
            with self._alone(fcntl.LOCK_NB):
                if _touch(path):
                    return None
        except BlockingIOError:
            pass  # somebody else looks or moves: wait elsewhere than here
        except OSError as error:
            raise _busy(error) from error
        return await self._write(lambda: self._add(path, body))

    async def get(self, key: str) -> bytes:
        path = self._path(key)
        try:
            return await self._do(path.read_bytes)
        except _NOT_THERE:
            raise Unknown("blob", key) from None

    async def mark(self, key: str) -> int | None:
        path = self._path(key)
        return await self._do(lambda: _mark(path))

    async def delete(self, key: str, *, mark: int | None = None) -> None:
        path = self._path(key)
        with suppress(*_NOT_THERE):
            await self._do(path.unlink if mark is None else lambda: self._delete_marked(path, mark))

    async def list(self, prefix: str, *, after: str, most: int) -> Sequence[str]:
        folder = self._path(prefix)
        return await self._do(lambda: [*islice(_below(self._root, folder, after.split("/")), most)])

    def link(self, key: str, *, filename: str, until: datetime) -> str:
        return self._signer.sign(PREFIX + key, filename=filename, until=until)

    def named(self, key: str, query: Mapping[str, str], now: datetime) -> str:
        """The name to give to what a link fetches.

        Raises:
            BadToken: forged or expired.
        """
        try:
            until, filename, proof = query["until"], query["name"], query["proof"]
        except KeyError:
            raise BadToken("missing") from None
        self._signer.check(PREFIX + key, until=until, filename=filename, proof=proof, now=now)
        return filename

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Unknown("blob", key)
        return self._root / key

    def _add(self, path: Path, body: bytes) -> int | None:
        with self._alone():
            if _touch(path):
                return None
        with _written(body, self._aside) as file:
            # Not what the system's clock says, which stands still for milliseconds: no two are the same.
            mark = time.time_ns()
            os.utime(file, ns=(mark, mark))
            with self._alone():
                if _touch(path):
                    return None
                # Safe before anybody else may find it, and name it; or not there.
                try:
                    _sync(*_place(file, path))
                except OSError:
                    path.unlink(missing_ok=True)
                    raise
                return mark

    def _delete_marked(self, path: Path, mark: int) -> None:
        with self._alone():
            if _mark(path) == mark:
                path.unlink()

    @contextmanager
    def _alone(self, how: int = 0) -> Iterator[None]:
        """Nobody else, of whatever server, adds or deletes by marks meanwhile."""
        lock = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | how)
            yield
        finally:
            os.close(lock)

    async def _write(self, function: Callable[[], T]) -> T:
        try:
            return await self._do(function)
        except _NOT_THERE as error:
            raise StoreBusy(str(error.strerror)) from error

    async def _do(self, function: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, function)
        except _NOT_THERE:
            raise
        except OSError as error:
            raise _busy(error) from error


def _busy(error: OSError) -> StoreBusy:
    return StoreBusy(error.strerror or "input/output error")


def _put(path: Path, body: bytes, folder: Path) -> None:
    with _written(body, folder) as file:
        folders = _place(file, path)
    _sync(*folders)


@contextmanager
def _written(body: bytes, folder: Path) -> Iterator[Path]:
    """A file that is safe on the disk, and goes again unless it is moved into its place."""
    aside = folder / uuid4().hex
    try:
        with aside.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        yield aside
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def _place(file: Path, path: Path) -> Sequence[Path]:
    """The file's name, and those of new folders, are entries of folders that must be safe too: which."""
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    file.replace(path)
    return [path.parent, *(new.parent for new in made)]


def _touch(path: Path) -> bool:
    """Whether it is there; if so it has another mark from now on."""
    if (mark := _mark(path)) is None:
        return False
    later = max(time.time_ns(), mark + 1)
    os.utime(path, ns=(later, later))
    return True


def _mark(path: Path) -> int | None:
    try:
        there = path.stat()
    except _NOT_THERE:
        return None
    return there.st_mtime_ns if stat.S_ISREG(there.st_mode) else None


def _below(root: Path, folder: Path, after: Sequence[str]) -> Iterator[str]:
    """Keys in the order of their parts; a folder that is not there has none."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    for name in names:
        path = folder / name
        parts = path.relative_to(root).parts
        if path.is_dir():
            if [*parts] >= [*after[: len(parts)]]:
                yield from _below(root, path, after)
        elif _KEY.fullmatch(name) and [*parts] > [*after]:
            yield "/".join(parts)


def _sync(*folders: Path) -> None:
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
