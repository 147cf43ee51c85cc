"""Holdings: how many bytes each project keeps here, counted as they come."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, text

from ketway.db.rows import Runner
from ketway.db.tables import holdings
from ketway.domain.accounts import ProjectId
from ketway.domain.programs import Program
from ketway.domain.results import Kept, Result

_ADD = "ON CONFLICT (project_id) DO UPDATE SET bytes = holdings.bytes + excluded.bytes"
_KEY = holdings.c.project_id.type
_ADD_TO_PROJECT = text(
    f"INSERT INTO holdings (project_id, bytes) VALUES (:project_id, :bytes) {_ADD}"  # noqa: S608
).bindparams(bindparam("project_id", type_=_KEY))
_ADD_RESULTS = text(
    "INSERT INTO holdings (project_id, bytes) SELECT project_id, sum(size) FROM results "  # noqa: S608
    f"WHERE job_id IN :jobs GROUP BY project_id {_ADD}"
).bindparams(bindparam("jobs", type_=_KEY, expanding=True))


class SqlHoldings:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def of(self, project: ProjectId) -> int:
        query = select(holdings.c.bytes).where(holdings.c.project_id == project)
        return await self._run(lambda c: c.execute(query).scalar_one_or_none() or 0)


def add_programs(connection: Connection, programs: Sequence[Program]) -> None:
    rows = [{"project_id": program.project_id, "bytes": program.size} for program in programs]
    connection.execute(_ADD_TO_PROJECT, rows)


def add_results(connection: Connection, results: Sequence[Result]) -> None:
    """Of results that were just written."""
    connection.execute(_ADD_RESULTS, {"jobs": [each.job_id for each in results]})


def take_off_results(connection: Connection, results: Sequence[Kept]) -> None:
    rows = [{"project_id": each.project_id, "bytes": -each.size} for each in results]
    connection.execute(_ADD_TO_PROJECT, rows)
