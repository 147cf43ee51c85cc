"""Results: what is known of them; their bytes are in the blob store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select

from ketway.db.rows import Runner, from_row, to_row
from ketway.db.tables import results
from ketway.domain.jobs import JobId
from ketway.domain.results import Result


class SqlResults:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, result: Result) -> None:
        row = to_row(result) | {
            "counts": [dict(counts) for counts in result.counts],
            "metadata": dict(result.metadata),
        }
        await self._run(lambda c: c.execute(insert(results), row))

    async def of(self, jobs: Sequence[JobId]) -> Mapping[JobId, Result]:
        query = select(results).where(results.c.job_id.in_(jobs))
        rows = await self._run(lambda c: c.execute(query).all())
        return {row.job_id: from_row(Result, row) for row in rows}
