"""Projects and their members."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update

from ketway.db.paging import page_of, skipped
from ketway.db.rows import Runner, from_row, rows_by, to_row
from ketway.db.tables import members, projects
from ketway.domain.accounts import AccountId, Member, Project, ProjectId, Role
from ketway.services.listing import Listed, Page

_OLDEST_FIRST = (members.c.created_at, members.c.account_id)
_BY_ID = rows_by(projects.c.id).order_by(projects.c.created_at, projects.c.id)
_OF_ACCOUNT = rows_by(members.c.account_id).order_by(*_OLDEST_FIRST)

_WEIGHTS = select(projects.c.id, projects.c.weight).where(projects.c.id.in_(bindparam("ids", expanding=True)))


class SqlProjects:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, project: Project) -> None:
        await self._run(lambda c: c.execute(insert(projects), _row(project)))

    async def put(self, project: Project) -> None:
        statement = update(projects).where(projects.c.id == project.id)
        await self._run(lambda c: c.execute(statement, _row(project)))

    async def get(self, id: ProjectId) -> Project | None:
        found = await self.of([id])
        return found[0] if found else None

    async def of(self, ids: Sequence[ProjectId]) -> Sequence[Project]:
        rows = await self._run(lambda c: c.execute(_BY_ID, {"ids": ids}).all())
        return [from_row(Project, row) for row in rows]

    async def weights(self, ids: Collection[ProjectId]) -> Mapping[ProjectId, float]:
        rows = await self._run(lambda c: c.execute(_WEIGHTS, {"ids": list(ids)}).all())
        return {row.id: row.weight for row in rows}

    async def list(self, page: Page) -> Listed[Project]:
        rows, total = await page_of(self._runner, projects, [], page)
        return Listed(items=[from_row(Project, row) for row in rows], total=total)

    async def add_member(self, member: Member) -> None:
        await self._run(lambda c: c.execute(insert(members), to_row(member)))

    async def put_member(self, member: Member) -> None:
        statement = update(members).where(*_is(member)).values(to_row(member))
        await self._run(lambda c: c.execute(statement))

    async def remove_member(self, member: Member) -> None:
        await self._run(lambda c: c.execute(delete(members).where(*_is(member))))

    async def memberships(self, account: AccountId) -> Sequence[Member]:
        rows = await self._run(lambda c: c.execute(_OF_ACCOUNT, {"ids": [account]}).all())
        return [from_row(Member, row) for row in rows]

    async def members(self, project: ProjectId, page: Page) -> Listed[Member]:
        column = members.c.get(page.order.value, members.c.created_at)
        order = [each.desc() if page.descending else each.asc() for each in (column, members.c.account_id)]
        of_project = select(members).where(members.c.project_id == project)
        query = of_project.order_by(*order).limit(page.limit).offset(skipped(page))
        count = select(func.count()).select_from(of_project.subquery())
        rows = await self._run(lambda c: c.execute(query).all())
        total = await self._run(lambda c: c.execute(count).scalar_one())
        return Listed(items=[from_row(Member, row) for row in rows], total=total)

    async def members_among(self, project: ProjectId, accounts: Sequence[AccountId]) -> Sequence[Member]:
        return await self._members(members.c.project_id == project, members.c.account_id.in_(accounts))

    async def admins(self, projects: Sequence[ProjectId]) -> Sequence[Member]:
        return await self._members(members.c.project_id.in_(projects), members.c.role == Role.ADMIN)

    async def count_members(self, projects: Sequence[ProjectId]) -> Mapping[ProjectId, Mapping[Role, int]]:
        role = (members.c.project_id, members.c.role)
        query = select(*role, func.count()).where(members.c.project_id.in_(projects)).group_by(*role)
        rows = await self._run(lambda c: c.execute(query).all())
        counts = {project: dict.fromkeys(Role, 0) for project in projects}
        for project, role_of, number in rows:
            counts[project][role_of] = number
        return counts

    async def _members(self, *conditions: ColumnElement[bool]) -> Sequence[Member]:
        query = select(members).where(*conditions).order_by(*_OLDEST_FIRST)
        rows = await self._run(lambda c: c.execute(query).all())
        return [from_row(Member, row) for row in rows]


def _row(project: Project) -> dict[str, Any]:
    return to_row(project) | {name: dict(getattr(project, name)) for name in ("echo", "quotas", "retention")}


def _is(member: Member) -> tuple[ColumnElement[bool], ...]:
    return members.c.account_id == member.account_id, members.c.project_id == member.project_id
