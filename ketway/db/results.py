"""Results: what is known of them, and the documents of those that are small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select

from ketway.db.holdings import add_results
from ketway.db.rows import Runner, from_row, to_row
from ketway.db.tables import results
from ketway.domain.jobs import JobId
from ketway.domain.results import Result, job_of

#: All but the documents, which lists would read for nothing.
_KNOWN = [column for column in results.c if column.name != "document"]


class SqlResults:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, results_: Sequence[Result], documents: Mapping[str, bytes]) -> None:
        rows = [
            to_row(result)
            | {"counts": [dict(counts) for counts in result.counts], "metadata": dict(result.metadata)}
            | {"document": documents.get(result.key)}
            for result in results_
        ]
        if rows:
            await self._run(lambda c: c.execute(insert(results), rows))
            await self._run(lambda c: add_results(c, results_))

    async def of(self, jobs: Sequence[JobId]) -> Mapping[JobId, Result]:
        query = select(*_KNOWN).where(results.c.job_id.in_(jobs))
        rows = await self._run(lambda c: c.execute(query).all())
        return {row.job_id: from_row(Result, row) for row in rows}

    async def documents(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        query = select(results.c.key, results.c.document).where(
            results.c.job_id.in_([job_of(key) for key in keys]), results.c.document.is_not(None)
        )
        rows = await self._run(lambda c: c.execute(query).all())
        return {row.key: row.document for row in rows if row.key in keys}
