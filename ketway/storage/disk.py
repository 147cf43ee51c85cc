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
#: No such file; a folder of that name; a file where a folder would have to be.
_NOT_THERE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)

T = TypeVar("T")


class Signer(Protocol):
    def sign(self, path: str, *, filename: str, until: datetime) -> str: ...

    def check(self, path: str, *, until: str, filename: str, proof: str, now: datetime) -> None: ...


class DiskBlobs:
    """The `BlobStore` port on a folder, whose links are paths of this server."""

    def __init__(self, root: Path, signer: Signer) -> None:
        self._root = root
        self._signer = signer
        self._threads = ThreadPoolExecutor(_LANES, thread_name_prefix="ketway-blobs")
        (root / _ASIDE).mkdir(parents=True, exist_ok=True)
        # Left by a crash. Should another server be writing one here, it is told that it could not.
        for half_written in (root / _ASIDE).iterdir():
            half_written.unlink(missing_ok=True)

    async def put(self, key: str, body: bytes) -> int:
        path = self._path(key)
        try:
            return await self._do(lambda: _write(path, body, self._root / _ASIDE))
        except _NOT_THERE as error:
            raise StoreBusy(str(error.strerror)) from error

    async def get(self, key: str) -> bytes:
        path = self._path(key)
        try:
            return await self._do(path.read_bytes)
        except _NOT_THERE:
            raise Unknown("blob", key) from None

    async def touch(self, key: str) -> bool:
        # A look at a file takes less than the way to a thread and back.
        try:
            return _touch(self._path(key))
        except OSError as error:
            raise _busy(error) from error

    async def mark(self, key: str) -> int | None:
        path = self._path(key)
        try:
            there = await self._do(path.stat)
        except _NOT_THERE:
            return None
        return there.st_mtime_ns if stat.S_ISREG(there.st_mode) else None

    async def delete(self, key: str, *, mark: int | None = None) -> None:
        path = self._path(key)
        with suppress(*_NOT_THERE):
            await self._do(path.unlink if mark is None else lambda: _delete_marked(path, mark))

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


def _write(path: Path, body: bytes, folder: Path) -> int:
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = folder / uuid4().hex
    try:
        with aside.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
            mark = os.fstat(file.fileno()).st_mtime_ns
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    # The file's name, and those of new folders, are entries of folders that must be safe too.
    for folder in [path.parent, *(new.parent for new in made)]:
        _sync(folder)
    return mark


def _touch(path: Path) -> bool:
    try:
        with _locked(path) as file:
            before = os.fstat(file)
            # Two that come within one tick of the clock leave two marks all the same.
            later = max(time.time_ns(), before.st_mtime_ns + 1)
            os.utime(file, ns=(later, later))
            return before.st_nlink > 0
    except _NOT_THERE:
        return False


def _delete_marked(path: Path, mark: int) -> None:
    with _locked(path) as file:
        there = os.fstat(file)
        if there.st_nlink > 0 and there.st_mtime_ns == mark:
            path.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """A file against others who touch or delete it; it may have gone from its place before."""
    file = os.open(path, os.O_RDONLY)
    try:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise IsADirectoryError(path)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


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


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
