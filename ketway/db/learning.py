"""Learners, use cases and quizzes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, insert, or_, select, update

from ketway.db.learning_tables import learners, quizzes, use_cases
from ketway.db.paging import page_of
from ketway.db.rows import Runner, from_row, to_row
from ketway.db.tables import accounts, members
from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.learning import Learner, Quiz, QuizId, UseCase, UseCaseId
from ketway.services.listing import Listed, Page, UseCaseFilter


class SqlLearning:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def learner(self, account: AccountId, package: str) -> Learner | None:
        query = select(learners).where(learners.c.account_id == account, learners.c.package == package)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(Learner, row)

    async def add_learner(self, learner: Learner) -> None:
        await self._run(lambda c: c.execute(insert(learners), to_row(learner)))

    async def put_learner(self, learner: Learner) -> None:
        statement = update(learners).where(learners.c.id == learner.id).values(to_row(learner))
        await self._run(lambda c: c.execute(statement))

    async def learners_of(self, project: ProjectId, page: Page) -> Listed[Learner]:
        inside = select(members.c.account_id).where(members.c.project_id == project)
        rows, total = await page_of(self._runner, learners, [learners.c.account_id.in_(inside)], page)
        return Listed(items=[from_row(Learner, row) for row in rows], total=total)

    async def use_case(self, id: UseCaseId) -> UseCase | None:
        query = select(use_cases).where(use_cases.c.id == id)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(UseCase, row)

    async def add_use_case(self, use_case: UseCase) -> None:
        await self._run(lambda c: c.execute(insert(use_cases), to_row(use_case)))

    async def put_use_case(self, use_case: UseCase) -> None:
        statement = update(use_cases).where(use_cases.c.id == use_case.id).values(to_row(use_case))
        await self._run(lambda c: c.execute(statement))

    async def use_cases(self, filter: UseCaseFilter, page: Page) -> Listed[UseCase]:
        rows, total = await page_of(self._runner, use_cases, _conditions(filter), page)
        return Listed(items=[from_row(UseCase, row) for row in rows], total=total)

    async def quiz(self, id: QuizId) -> Quiz | None:
        return await self._quiz(quizzes.c.id == id)

    async def quiz_on(self, account: AccountId, subject: str) -> Quiz | None:
        return await self._quiz(quizzes.c.account_id == account, quizzes.c.subject == subject)

    async def add_quiz(self, quiz: Quiz) -> None:
        await self._run(lambda c: c.execute(insert(quizzes), to_row(quiz)))

    async def put_quiz(self, quiz: Quiz) -> None:
        statement = update(quizzes).where(quizzes.c.id == quiz.id).values(to_row(quiz))
        await self._run(lambda c: c.execute(statement))

    async def _quiz(self, *conditions: ColumnElement[bool]) -> Quiz | None:
        query = select(quizzes).where(*conditions)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(Quiz, row)


def _conditions(filter: UseCaseFilter) -> Sequence[ColumnElement[bool]]:
    c = use_cases.c
    asked: list[ColumnElement[bool]] = []
    if filter.project_id is not None:
        asked.append(c.project_id == filter.project_id)
    if filter.creator_id is not None:
        asked.append(c.creator_id == filter.creator_id)
    if filter.standings:
        asked.append(c.standing.in_(filter.standings))
    if filter.search:
        found = [column.icontains(filter.search, autoescape=True) for column in (c.title, c.summary)]
        asked.append(or_(*found))
    if filter.is_by_operator:
        operators = select(accounts.c.id).where(accounts.c.superuser)
        asked.append(c.creator_id.in_(operators))
    return asked
