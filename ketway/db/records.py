"""Records of what jobs took, one row for each size on each platform."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select, text

from ketway.db.rows import Runner
from ketway.db.tables import run_records
from ketway.domain.estimates import Record, Run
from ketway.domain.platforms import PlatformId

_NAMES = ("platform_id", "qubits", "runs")

# As that of usage.
_PUT = text(
    f"INSERT INTO run_records ({', '.join(_NAMES)}) "  # noqa: S608
    f"VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    "ON CONFLICT (platform_id, qubits) DO UPDATE SET runs = excluded.runs"
).bindparams(*[bindparam(name, type_=run_records.c[name].type) for name in _NAMES])

_OF = select(run_records).where(run_records.c.platform_id.in_(bindparam("platforms", expanding=True)))


class SqlRecords:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def of(self, platforms: Collection[PlatformId]) -> Sequence[Record]:
        rows = await self._run(lambda c: c.execute(_OF, {"platforms": list(platforms)}).all())
        return [_record(row) for row in rows]

    async def put(self, records: Collection[Record]) -> None:
        # In one order, or two servers would each wait for what the other has written.
        ordered = sorted(records, key=lambda record: (str(record.platform_id), record.qubits))
        if ordered:
            await self._run(lambda c: c.execute(_PUT, [_row(record) for record in ordered]))


def _row(record: Record) -> dict[str, Any]:
    runs = [[run.qubits, run.seconds, run.memory_bytes] for run in record.runs]
    return {"platform_id": record.platform_id, "qubits": record.qubits, "runs": runs}


def _record(row: Row[Any]) -> Record:
    runs = tuple(
        Run(qubits=qubits, seconds=seconds, memory_bytes=memory) for qubits, seconds, memory in row.runs
    )
    return Record(platform_id=row.platform_id, qubits=row.qubits, runs=runs)
