"""Programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, insert, select

from ketway.db.holdings import add_programs
from ketway.db.paging import page_of
from ketway.db.rows import Runner, from_row, from_rows, rows_by, to_row
from ketway.db.tables import programs
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.errors import Unknown
from ketway.domain.programs import Program, ProgramId
from ketway.services.listing import Listed, Page

_BY_ID = rows_by(programs.c.id)
_NAMED = select(programs.c.sha256).where(programs.c.sha256.in_(bindparam("checksums", expanding=True)))


class SqlPrograms:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, programs_: Sequence[Program]) -> None:
        rows = [to_row(program) for program in programs_]
        if rows:
            await self._run(lambda c: c.execute(insert(programs), rows))
            await self._run(lambda c: add_programs(c, programs_))

    async def get(self, id: ProgramId, *, visible_to: Actor) -> Program:
        program = await self.fetch(id)
        if not visible_to.sees(program.project_id):
            raise Unknown("program", str(id))
        return program

    async def fetch(self, id: ProgramId) -> Program:
        found = await self.of([id])
        if not found:
            raise Unknown("program", str(id))
        return found[id]

    async def of(self, ids: Sequence[ProgramId]) -> Mapping[ProgramId, Program]:
        rows = await self._run(lambda c: c.execute(_BY_ID, {"ids": ids}).all())
        return {program.id: program for program in from_rows(Program, rows)}

    async def named(self, checksums: Sequence[str]) -> set[str]:
        asked = {"checksums": list(checksums)}
        return await self._run(lambda c: set(c.execute(_NAMED, asked).scalars()))

    async def list_named(self, actor: Actor, project: ProjectId, page: Page) -> Listed[Program]:
        if not actor.sees(project):
            return Listed(items=[], total=0)
        conditions = [programs.c.project_id == project, programs.c.is_named]
        rows, total = await page_of(self._runner, programs, conditions, page)
        return Listed(items=[from_row(Program, row) for row in rows], total=total)
