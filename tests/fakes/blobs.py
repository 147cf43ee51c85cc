"""Blobs in a dictionary."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from ketway.domain.errors import BadToken, Unknown
from ketway.keys.links import LinkSigner

_KEY = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
_PREFIX = "/blobs/"


class MemoryBlobs:
    """The `BlobStore` port, whose links are signed paths as those of a folder are."""

    def __init__(self, signer: LinkSigner) -> None:
        self.kept: dict[str, bytes] = {}
        self.marks: dict[str, int] = {}
        self._signer = signer

    async def put(self, key: str, body: bytes) -> None:
        self.kept[_good(key)] = bytes(body)
        self._touch(key)

    async def add(self, key: str, body: bytes) -> int | None:
        if _good(key) in self.kept:
            self._touch(key)
            return None
        await self.put(key, body)
        return self.marks[key]

    async def get(self, key: str) -> bytes:
        try:
            return self.kept[_good(key)]
        except KeyError:
            raise Unknown("blob", key) from None

    async def mark(self, key: str) -> int | None:
        return self.marks[key] if _good(key) in self.kept else None

    async def delete(self, key: str, *, mark: int | None = None) -> None:
        if mark in (None, await self.mark(key)):
            self.kept.pop(key, None)

    def _touch(self, key: str) -> None:
        self.marks[key] = self.marks.get(key, 0) + 1

    async def list(self, prefix: str, *, after: str, most: int) -> Sequence[str]:
        below = (key for key in self.kept if key.startswith(f"{_good(prefix)}/"))
        return sorted((key for key in below if _parts(key) > _parts(after)), key=_parts)[:most]

    def link(self, key: str, *, filename: str, until: datetime) -> str:
        return self._signer.sign(_PREFIX + key, filename=filename, until=until)

    def named(self, key: str, query: Mapping[str, str], now: datetime) -> str:
        if not {"until", "name", "proof"} <= query.keys():
            raise BadToken("missing")
        filename = query["name"]
        self._signer.check(
            _PREFIX + key, until=query["until"], filename=filename, proof=query["proof"], now=now
        )
        return filename


def _parts(key: str) -> list[str]:
    return key.split("/")


def _good(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Unknown("blob", key)
    return key
