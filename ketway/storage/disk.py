"""Blobs in a local folder: each written aside, synced, and moved into its place."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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

    async def put(self, key: str, body: bytes) -> None:
        path = self._path(key)
        try:
            await self._do(lambda: _write(path, body, self._root / _ASIDE))
        except _NOT_THERE as error:
            raise StoreBusy(str(error.strerror)) from error

    async def get(self, key: str) -> bytes:
        path = self._path(key)
        try:
            return await self._do(path.read_bytes)
        except _NOT_THERE:
            raise Unknown("blob", key) from None

    async def exists(self, key: str) -> bool:
        # A look at a name takes less than the way to a thread and back.
        try:
            return self._path(key).is_file()
        except OSError as error:
            raise _busy(error) from error

    async def delete(self, key: str) -> None:
        with suppress(*_NOT_THERE):
            await self._do(self._path(key).unlink)

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


def _write(path: Path, body: bytes, folder: Path) -> None:
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = folder / uuid4().hex
    try:
        with aside.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    # The file's name, and those of new folders, are entries of folders that must be safe too.
    for folder in [path.parent, *(new.parent for new in made)]:
        _sync(folder)


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
