"""Learning: progress in courses, use cases and their review, quizzes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from ketway.domain.accounts import AccountId, Action, Actor, ProjectId
from ketway.domain.errors import BadField, QuizTaken, Unknown
from ketway.domain.learning import Learner, LearnerId, Quiz, QuizId, Standing, UseCase, UseCaseId
from ketway.services.listing import Listed, Page, UseCaseFilter
from ketway.services.ports import Clock, Database, Work


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is told of a use case; None where nothing is."""

    title: str | None = None
    standing: Standing | None = None
    summary: str | None = None
    questionnaire_id: int | None = None
    answers: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Named:
    """A use case with the names of who and what it belongs to."""

    use_case: UseCase
    creator_name: str
    project_name: str


@dataclass(frozen=True, kw_only=True)
class Learning:
    db: Database
    clock: Clock
    fresh: Callable[[], UUID]

    async def learner(self, actor: Actor, package: str) -> Learner:
        """The caller's progress in a course, begun now if it was not."""
        return await self.advance(actor, package, {})

    async def advance(self, actor: Actor, package: str, chapters: Mapping[str, Any]) -> Learner:
        now = self.clock.now()
        async with self.db.work() as work:
            known = await work.learning.learner(actor.account_id, package)
            if known is None:
                begun = Learner(
                    id=LearnerId(self.fresh()),
                    account_id=actor.account_id,
                    package=package,
                    created_at=now,
                    updated_at=now,
                    progress=chapters,
                )
                await work.learning.add_learner(begun)
                return begun
            if not chapters:
                return known
            advanced = known.advance(chapters, now)
            await work.learning.put_learner(advanced)
            return advanced

    async def learners_of(self, actor: Actor, project: ProjectId, page: Page) -> Listed[Learner]:
        """
        Raises:
            Unknown: a project that the actor is not in.
        """
        async with self.db.look() as work:
            await _must_see(work, actor, project)
            return await work.learning.learners_of(project, page)

    async def create_use_case(self, actor: Actor, project: ProjectId | None, told: Told) -> Named:
        """
        Args:
            project: None for the only one that the actor is in.
        Raises:
            Unknown: a project that the actor is not in.
            BadField: none is named, and there are several or none.
        """
        if project is None:
            if len(actor.roles) != 1:
                raise BadField(("project_id",), "say which of your projects it belongs to", "required")
            (project,) = actor.roles
        now = self.clock.now()
        use_case = UseCase(
            id=UseCaseId(self.fresh()),
            project_id=project,
            creator_id=actor.account_id,
            title=told.title or "",
            standing=told.standing or Standing.DRAFT,
            created_at=now,
            updated_at=now,
            summary=told.summary or "",
            questionnaire_id=told.questionnaire_id,
            answers=told.answers or {},
        )
        async with self.db.work() as work:
            await _must_see(work, actor, project)
            await work.learning.add_use_case(use_case)
            return await _named(work, use_case)

    async def use_case(self, actor: Actor, id: UseCaseId) -> Named:
        async with self.db.look() as work:
            return await _named(work, await _use_case(work, actor, id))

    async def change_use_case(self, actor: Actor, id: UseCaseId, told: Told) -> Named:
        """
        Raises:
            Unknown, NotAllowed
        """
        async with self.db.work() as work:
            known = await _use_case(work, actor, id)
            actor.must(Action.CHANGE_USE_CASE, known)
            changed = replace(
                known,
                title=known.title if told.title is None else told.title,
                standing=told.standing or known.standing,
                summary=known.summary if told.summary is None else told.summary,
                questionnaire_id=known.questionnaire_id
                if told.questionnaire_id is None
                else told.questionnaire_id,
                answers=known.answers if told.answers is None else told.answers,
                updated_at=self.clock.now(),
            )
            await work.learning.put_use_case(changed)
            return await _named(work, changed)

    async def review_use_case(self, actor: Actor, id: UseCaseId, review: Mapping[str, Any]) -> Named:
        """
        Raises:
            Unknown, NotAllowed
        """
        now = self.clock.now()
        async with self.db.work() as work:
            known = await _use_case(work, actor, id)
            actor.must_operate()
            reviewed = replace(known, review={**known.review, **review}, last_reviewed_at=now, updated_at=now)
            await work.learning.put_use_case(reviewed)
            return await _named(work, reviewed)

    async def use_cases_of(self, actor: Actor, filter: UseCaseFilter, page: Page) -> Listed[Named]:
        """Those of one project.

        Raises:
            Unknown: a project that the actor is not in.
        """
        if filter.project_id is not None:
            async with self.db.look() as work:
                await _must_see(work, actor, filter.project_id)
        return await self._list(filter, page)

    async def examples(self, page: Page) -> Listed[Named]:
        """What operators wrote and approved, for everybody."""
        return await self._list(UseCaseFilter(standings=(Standing.APPROVED,), is_by_operator=True), page)

    async def create_quiz(self, actor: Actor, subject: str, data: Any) -> Quiz:
        """
        Raises:
            QuizTaken: the actor has answered it already.
        """
        now = self.clock.now()
        quiz = Quiz(
            id=QuizId(self.fresh()),
            account_id=actor.account_id,
            subject=subject,
            data=data,
            created_at=now,
            updated_at=now,
        )
        async with self.db.work() as work:
            if await work.learning.quiz_on(actor.account_id, subject) is not None:
                raise QuizTaken("quiz", subject)
            await work.learning.add_quiz(quiz)
        return quiz

    async def change_quiz(self, actor: Actor, id: QuizId, data: Any) -> Quiz:
        """
        Raises:
            Unknown: no such quiz, or somebody else's.
        """
        async with self.db.work() as work:
            known = await work.learning.quiz(id)
            if known is None or known.account_id != actor.account_id:
                raise Unknown("quiz", str(id))
            changed = replace(known, data=data, updated_at=self.clock.now())
            await work.learning.put_quiz(changed)
        return changed

    async def _list(self, filter: UseCaseFilter, page: Page) -> Listed[Named]:
        async with self.db.look() as work:
            found = await work.learning.use_cases(filter, page)
            named: Sequence[Named] = [await _named(work, use_case) for use_case in found.items]
        return Listed(items=named, total=found.total)


async def _must_see(work: Work, actor: Actor, project: ProjectId) -> None:
    if not actor.sees(project) or await work.projects.get(project) is None:
        raise Unknown("project", str(project))


async def _use_case(work: Work, actor: Actor, id: UseCaseId) -> UseCase:
    found = await work.learning.use_case(id)
    if found is None or not actor.sees(found.project_id):
        raise Unknown("use case", str(id))
    return found


async def _named(work: Work, use_case: UseCase) -> Named:
    account = await work.accounts.get(AccountId(use_case.creator_id))
    project = await work.projects.get(use_case.project_id)
    names = [account.given_name, account.family_name] if account else []
    return Named(
        use_case=use_case,
        creator_name=" ".join(filter(None, names)) or (account.email if account else ""),
        project_name=project.name if project else "",
    )
