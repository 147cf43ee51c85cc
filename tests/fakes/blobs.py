"""Blobs in a dictionary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from ketway.domain.errors import BadToken, Unknown
from ketway.keys.links import LinkSigner

_KEY = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
_PREFIX = "/blobs/"


class MemoryBlobs:
    """The `BlobStore` port, whose links are signed paths as those of a folder are."""

    def __init__(self, signer: LinkSigner) -> None:
        self.kept: dict[str, bytes] = {}
        self._signer = signer

    async def put(self, key: str, body: bytes) -> None:
        self.kept[_good(key)] = bytes(body)

    async def get(self, key: str) -> bytes:
        try:
            return self.kept[_good(key)]
        except KeyError:
            raise Unknown("blob", key) from None

    async def exists(self, key: str) -> bool:
        return _good(key) in self.kept

    async def delete(self, key: str) -> None:
        self.kept.pop(_good(key), None)

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


def _good(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Unknown("blob", key)
    return key
