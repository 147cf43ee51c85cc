"""Records: what jobs took lately, kept for those that come after them, and after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ketway.domain.estimates import ANY_SIZE, Record, Run
from ketway.domain.platforms import PlatformId
from ketway.services.ports import Database


@dataclass(kw_only=True)
class Records:
    """Runs are gathered in memory, as outcomes come by thousands, and written with the next sweep: what a
    crash loses are the figures of a second. So is, at worst, what two servers write at one moment."""

    db: Database

    def __post_init__(self) -> None:
        self._gathered: dict[tuple[PlatformId, int], Record] = {}

    def note(self, platform: PlatformId, run: Run) -> None:
        sizes = {ANY_SIZE} if run.qubits is None else {ANY_SIZE, run.qubits}
        for size in sizes:
            known = self._gathered.get((platform, size), Record(platform_id=platform, qubits=size))
            self._gathered[platform, size] = known.add([run])

    async def write(self) -> None:
        """What was gathered, behind what was written before."""
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, {}
        async with self.db.work() as work:
            kept = {
                (record.platform_id, record.qubits): record
                for record in await work.records.of({platform for platform, _ in gathered})
            }
            await work.records.put(
                [kept[key].add(new.runs) if key in kept else new for key, new in gathered.items()]
            )

    async def of(self, platform: PlatformId) -> Sequence[Record]:
        async with self.db.look() as work:
            return await work.records.of([platform])
