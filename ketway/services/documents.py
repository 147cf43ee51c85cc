"""Documents: what jobs left and what they run, wherever it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ketway.domain.errors import Unknown
from ketway.domain.results import names_row
from ketway.services.ports import BlobStore, Database


@dataclass(frozen=True, kw_only=True)
class Documents:
    db: Database
    blobs: BlobStore

    async def read(self, key: str) -> bytes:
        """The bytes that a key names, be they in a row or a blob.

        Raises:
            Unknown
        """
        return (await self.read_all([key]))[key]

    async def read_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """As `read`, of each."""
        in_rows = [key for key in keys if names_row(key)]
        found: dict[str, bytes] = {}
        if in_rows:
            async with self.db.look() as work:
                found |= await work.results.documents(in_rows)
        for key in keys:
            if key in found:
                continue
            if names_row(key):
                raise Unknown("document", key)
            found[key] = await self.blobs.get(key)
        return found
