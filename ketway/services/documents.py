"""Documents: what jobs left and what they run, wherever it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ketway.domain.errors import ResultExpired, Unknown
from ketway.domain.results import names_row, owner_of
from ketway.services.ports import BlobStore, Database


@dataclass(frozen=True, kw_only=True)
class Documents:
    db: Database
    blobs: BlobStore

    async def read(self, key: str) -> bytes:
        """The bytes that a key names, be they in a row or a blob.

        Raises:
            Unknown
            ResultExpired: it was here, and is kept no longer.
        """
        try:
            return (await self.read_all([key]))[key]
        except Unknown:
            await self._must_not_have_expired(key)
            raise

    async def read_all(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """As `read`, of each; those that expired are Unknown."""
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

    async def _must_not_have_expired(self, key: str) -> None:
        job = owner_of(key)
        if job is None:
            return
        async with self.db.look() as work:
            known = (await work.results.of([job])).get(job)
        if known is not None and known.expired_at is not None:
            raise ResultExpired(str(job), known.expired_at)
