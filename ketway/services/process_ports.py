"""What the use cases need kept of processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from ketway.domain.accounts import Actor
from ketway.domain.batches import BatchId
from ketway.domain.processes import Process, ProcessId, ProcessResult
from ketway.services.listing import Listed, Page, ProcessFilter


class ProcessStore(Protocol):
    async def add(self, process: Process) -> None: ...

    async def get(self, id: ProcessId, *, visible_to: Actor) -> Process:
        """
        Raises:
            Unknown: no such process, or one that the actor does not find.
        """

    async def put(self, process: Process) -> None:
        """As `BatchStore.put`."""

    async def list(self, actor: Actor, filter: ProcessFilter, page: Page) -> Listed[Process]: ...

    async def delete(self, id: ProcessId, now: datetime) -> None:
        """Gone for `get` and `list`, its results gone altogether, and what it was given as well."""

    async def add_result(self, result: ProcessResult) -> None:
        """
        Raises:
            Stale: there is one at its position.
        """

    async def results(self, id: ProcessId, page: Page) -> Listed[ProcessResult]:
        """In the order in which they came, or the other way round."""

    async def batches_of(self, ids: Sequence[ProcessId]) -> Mapping[ProcessId, Sequence[BatchId]]:
        """Batches that are the work of each, oldest first, without those that were deleted."""
