"""Results: what is known of them, and the documents of those that are small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update

from ketway.db import bulk
from ketway.db.holdings import add_results, take_off_results
from ketway.db.rows import Runner, from_row, from_rows, names_of, to_row
from ketway.db.tables import KEPT, jobs, results
from ketway.domain.accounts import ProjectId
from ketway.domain.jobs import JobId
from ketway.domain.results import Kept, Result, job_of

#: All but the documents, which lists would read for nothing.
_KNOWN = [column for column in results.c if column.name != "document"]


_ADD = insert(results).values(
    project_id=select(jobs.c.project_id).where(jobs.c.id == bindparam("of_job")).scalar_subquery()
)
_OLDEST = (
    select(*(results.c[name] for name in names_of(Kept)))
    .where(KEPT, results.c.project_id == bindparam("project"), results.c.created_at < bindparam("before"))
    .order_by(results.c.created_at, results.c.job_id)
    .limit(bindparam("most"))
)
_TOTAL = select(
    func.count().label("number"), func.coalesce(func.sum(results.c.size), 0).label("bytes")
).where(KEPT, results.c.project_id == bindparam("project"), results.c.created_at < bindparam("before"))
_NEWEST = (
    select(results.c.created_at)
    .where(KEPT, results.c.project_id == bindparam("project"))
    .order_by(results.c.created_at.desc())
    .limit(1)
    .offset(bindparam("others"))
)
_EXPIRE = update(results).where(KEPT, results.c.job_id.in_(bindparam("ids", expanding=True)))


class SqlResults:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, results_: Sequence[Result], documents: Mapping[str, bytes]) -> None:
        rows = [
            to_row(result)
            | {"counts": [dict(counts) for counts in result.counts], "metadata": dict(result.metadata)}
            | {"document": documents.get(result.key), "of_job": result.job_id}
            for result in results_
        ]
        if rows:
            await self._run(lambda c: bulk.execute(c, _ADD, rows))
            await self._run(lambda c: add_results(c, results_))

    async def of(self, jobs: Sequence[JobId]) -> Mapping[JobId, Result]:
        query = select(*_KNOWN).where(results.c.job_id.in_(jobs))
        rows = await self._run(lambda c: c.execute(query).all())
        return {row.job_id: from_row(Result, row) for row in rows}

    async def oldest(self, project: ProjectId, before: datetime, most: int) -> Sequence[Kept]:
        asked = {"project": project, "before": before, "most": most}
        return from_rows(Kept, await self._run(lambda c: c.execute(_OLDEST, asked).all()))

    async def total(self, project: ProjectId, before: datetime) -> tuple[int, int]:
        asked = {"project": project, "before": before}
        row = await self._runner.run_aside(lambda c: c.execute(_TOTAL, asked).one())
        return row.number, int(row.bytes)

    async def newest_since(self, project: ProjectId, number: int) -> datetime | None:
        asked = {"project": project, "others": number - 1}
        return await self._runner.run_aside(lambda c: c.execute(_NEWEST, asked).scalar_one_or_none())

    async def expire(self, results_: Sequence[Kept], now: datetime) -> None:
        # What the engine measured stays: it tells how long such jobs run.
        nothing: dict[str, object] = {"expired_at": now, "document": None, "counts": []}
        asked = {"ids": [each.job_id for each in results_]}
        await self._run(lambda c: c.execute(_EXPIRE.values(nothing), asked))
        await self._run(lambda c: take_off_results(c, results_))

    async def documents(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        query = select(results.c.key, results.c.document).where(
            results.c.job_id.in_([job_of(key) for key in keys]), results.c.document.is_not(None)
        )
        rows = await self._run(lambda c: c.execute(query).all())
        return {row.key: row.document for row in rows if row.key in keys}
