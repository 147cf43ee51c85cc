"""Progress in courses, use cases, quizzes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from ketway.domain.accounts import ProjectId
from ketway.domain.errors import BadField, NotAllowed, QuizTaken, Unknown
from ketway.domain.learning import Standing
from ketway.services.learning import Told
from ketway.services.listing import Page, UseCaseFilter
from tests.services.steps import another_member

DRAFT = Told(title="Find a flaw", standing=Standing.DRAFT, summary="in graphs", answers={"1": "yes"})


@pytest.fixture
def operator(world):
    return replace(world.owner, superuser=True)


async def test_a_project_that_is_not_there_is_unknown_to_operators_too(world, operator):
    learning, nowhere = world.core.learning, ProjectId(uuid4())

    for asking in (
        learning.create_use_case(operator, nowhere, DRAFT),
        learning.use_cases_of(operator, UseCaseFilter(project_id=nowhere), Page()),
        learning.learners_of(operator, nowhere, Page()),
        world.core.figures.frequency(operator, nowhere, timedelta(hours=1)),
        world.core.programs.create(operator, nowhere, "a program"),
    ):
        with pytest.raises(Unknown):
            await asking


async def test_a_course_is_begun_once_and_chapters_add_up(world):
    learning = world.core.learning
    begun = await learning.learner(world.owner, "LEARN")

    await learning.advance(world.owner, "LEARN", {"one": {"stage": "DONE"}})
    advanced = await learning.advance(world.owner, "LEARN", {"two": {"stage": "SKIP"}})

    assert begun.progress == {}
    assert advanced.id == begun.id
    assert advanced.progress == {"one": {"stage": "DONE"}, "two": {"stage": "SKIP"}}
    assert await learning.learner(world.owner, "LEARN") == advanced
    assert (await learning.learner(world.owner, "OTHER")).progress == {}


async def test_the_learners_of_a_project_are_its_members(world):
    stranger, _ = await world.another_project()
    mine = await world.core.learning.learner(world.owner, "LEARN")
    await world.core.learning.learner(stranger, "LEARN")

    found = await world.core.learning.learners_of(world.owner, world.project_id, Page())

    assert found.items == [mine]
    with pytest.raises(Unknown):
        await world.core.learning.learners_of(stranger, world.project_id, Page())


async def test_a_use_case_is_written_changed_and_reviewed(world, operator):
    learning = world.core.learning
    made = await learning.create_use_case(world.owner, None, DRAFT)
    id = made.use_case.id

    changed = await learning.change_use_case(world.owner, id, Told(standing=Standing.UNDER_REVIEW))
    reviewed = await learning.review_use_case(operator, id, {"1": "why?"})

    assert (made.project_name, made.use_case.project_id) == ("first project", world.project_id)
    assert made.creator_name == world.credentials.username
    assert (changed.use_case.title, changed.use_case.standing) == ("Find a flaw", Standing.UNDER_REVIEW)
    assert (reviewed.use_case.review, reviewed.use_case.last_reviewed_at) == (
        {"1": "why?"},
        world.clock.now(),
    )
    assert await learning.use_case(world.owner, id) == reviewed


async def test_who_may_do_what_with_a_use_case(world):
    learning = world.core.learning
    id = (await learning.create_use_case(world.owner, world.project_id, DRAFT)).use_case.id
    stranger, _ = await world.another_project()
    colleague = await another_member(world)

    assert (await learning.use_case(colleague, id)).use_case.id == id
    with pytest.raises(NotAllowed):
        await learning.change_use_case(colleague, id, Told(title="mine"))
    with pytest.raises(NotAllowed):
        await learning.review_use_case(world.owner, id, {})
    for forbidden in (
        learning.use_case(stranger, id),
        learning.change_use_case(stranger, id, Told(title="mine")),
        learning.create_use_case(stranger, world.project_id, DRAFT),
        learning.use_cases_of(stranger, UseCaseFilter(project_id=world.project_id), Page()),
    ):
        with pytest.raises(Unknown):
            await forbidden


async def test_without_a_project_the_only_one_is_meant(world):
    nobody = replace(world.owner, roles={})

    with pytest.raises(BadField, match="project"):
        await world.core.learning.create_use_case(nobody, None, DRAFT)


async def test_use_cases_are_searched_and_examples_are_what_operators_approved(world, operator):
    learning = world.core.learning
    made = (await learning.create_use_case(world.owner, world.project_id, DRAFT)).use_case.id
    colleague = await another_member(world)
    await learning.create_use_case(
        colleague, world.project_id, Told(title="Other 100%", standing=Standing.APPROVED)
    )

    async def titles(**filter):
        asked = UseCaseFilter(project_id=world.project_id, **filter)
        found = await learning.use_cases_of(world.owner, asked, Page())
        assert found.total == len(found.items)
        return {named.use_case.title for named in found.items}

    assert await titles(search="GRAPH") == {"Find a flaw"}
    assert await titles(search="0%") == {"Other 100%"}
    assert await titles(search="_") == set()
    assert await titles(standings=(Standing.APPROVED,)) == {"Other 100%"}
    assert await titles(creator_id=world.owner.account_id) == {"Find a flaw"}
    assert (await learning.examples(Page())).total == 0
    await learning.change_use_case(world.owner, made, Told(standing=Standing.APPROVED))
    assert [named.use_case.id for named in (await learning.examples(Page())).items] == [made]


async def test_a_quiz_is_answered_once_and_changed_by_whoever_did(world):
    learning = world.core.learning
    quiz = await learning.create_quiz(world.owner, "7", {"a": 1})
    stranger, _ = await world.another_project()

    with pytest.raises(QuizTaken):
        await learning.create_quiz(world.owner, "7", {"a": 2})
    with pytest.raises(Unknown):
        await learning.change_quiz(stranger, quiz.id, {"a": 3})
    assert (await learning.change_quiz(world.owner, quiz.id, [{"a": 4}])).data == [{"a": 4}]
    assert (await learning.create_quiz(stranger, "7", {"a": 1})).id != quiz.id
