"""Learners, use cases and quizzes in memory."""

from __future__ import annotations

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.learning import Learner, Quiz, QuizId, UseCase, UseCaseId
from ketway.services.listing import Listed, Page, UseCaseFilter
from tests.fakes.tables import Tables, insert, must_be_unique, must_exist, page_of


class MemoryLearning:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def learner(self, account: AccountId, package: str) -> Learner | None:
        found = self._tables.learners.values()
        wanted = (account, package)
        return next((each for each in found if (each.account_id, each.package) == wanted), None)

    async def add_learner(self, learner: Learner) -> None:
        must_exist(self._tables.accounts, learner.account_id)
        every = [*self._tables.learners.values(), learner]
        must_be_unique(every, lambda each: (each.account_id, each.package))
        insert(self._tables.learners, learner.id, learner)

    async def put_learner(self, learner: Learner) -> None:
        self._tables.learners[learner.id] = learner

    async def learners_of(self, project: ProjectId, page: Page) -> Listed[Learner]:
        inside = {account for account, of in self._tables.members if of == project}
        return page_of((each for each in self._tables.learners.values() if each.account_id in inside), page)

    async def use_case(self, id: UseCaseId) -> UseCase | None:
        return self._tables.use_cases.get(id)

    async def add_use_case(self, use_case: UseCase) -> None:
        must_exist(self._tables.projects, use_case.project_id)
        must_exist(self._tables.accounts, use_case.creator_id)
        insert(self._tables.use_cases, use_case.id, use_case)

    async def put_use_case(self, use_case: UseCase) -> None:
        self._tables.use_cases[use_case.id] = use_case

    async def use_cases(self, filter: UseCaseFilter, page: Page) -> Listed[UseCase]:
        return page_of((each for each in self._tables.use_cases.values() if self._fits(each, filter)), page)

    async def quiz(self, id: QuizId) -> Quiz | None:
        return self._tables.quizzes.get(id)

    async def quiz_on(self, account: AccountId, subject: str) -> Quiz | None:
        found = self._tables.quizzes.values()
        wanted = (account, subject)
        return next((each for each in found if (each.account_id, each.subject) == wanted), None)

    async def add_quiz(self, quiz: Quiz) -> None:
        must_exist(self._tables.accounts, quiz.account_id)
        every = [*self._tables.quizzes.values(), quiz]
        must_be_unique(every, lambda each: (each.account_id, each.subject))
        insert(self._tables.quizzes, quiz.id, quiz)

    async def put_quiz(self, quiz: Quiz) -> None:
        self._tables.quizzes[quiz.id] = quiz

    def _fits(self, use_case: UseCase, filter: UseCaseFilter) -> bool:
        text = f"{use_case.title}\n{use_case.summary}".lower()
        return (
            filter.project_id in (None, use_case.project_id)
            and filter.creator_id in (None, use_case.creator_id)
            and (not filter.standings or use_case.standing in filter.standings)
            and (filter.search or "").lower() in text
            and (not filter.is_by_operator or self._tables.accounts[use_case.creator_id].superuser)
        )
