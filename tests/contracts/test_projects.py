"""What the store of projects and their members promises."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from ketway.domain.accounts import AccountId, ProjectId, Role
from ketway.domain.errors import Stale
from ketway.domain.priorities import Priority
from ketway.services.listing import Order, Page
from tests.builders import ACCOUNT, NOON, PROJECT, a_membership, a_project
from tests.contracts.rows import ELSEWHERE, SOMEBODY, after


async def keep_members(db, *members):
    async with db.work() as work:
        for member in members:
            await work.projects.add_member(member)


@pytest.mark.parametrize("allowed", [None, (), ("EMU_FREE", "FRESNEL")])
async def test_a_project_comes_back_as_it_was(db, allowed):
    project = a_project(
        description="several\nlines \N{SNOWMAN}",
        priority=Priority.CRITICAL,
        allowed_platforms=allowed,
        echo={"company": "us", "grants": [{"role": "ADMIN"}], "nothing": None},
        weight=0.1,
        quotas={"waiting_jobs": 5, "open_batches": None, "spending_per_month": "0.1"},
    )

    async with db.work() as work:
        await work.projects.add(project)

    async with db.look() as work:
        assert await work.projects.get(project.id) == project
        assert await work.projects.get(ProjectId(uuid4())) is None


async def test_a_changed_project_is_read_changed(db):
    async with db.work() as work:
        project = await work.projects.get(PROJECT)
        changed = replace(project, name="new", priority=Priority.LOW, allowed_platforms=("A",), weight=3.5)
        await work.projects.put(changed)

    async with db.look() as work:
        assert await work.projects.get(PROJECT) == changed
        assert await work.projects.weights([PROJECT, ELSEWHERE]) == {PROJECT: 3.5, ELSEWHERE: 1.0}


async def test_projects_asked_for_come_oldest_first(db):
    old = a_project(created_at=after(hours=-1))
    async with db.work() as work:
        await work.projects.add(old)

    async with db.look() as work:
        found = await work.projects.of([PROJECT, old.id, PROJECT, ProjectId(uuid4())])
        assert [project.id for project in found] == [old.id, PROJECT]
        assert list(await work.projects.of([])) == []


async def test_projects_are_listed_in_pages(db):
    async with db.look() as work:
        first = await work.projects.list(Page(limit=1, descending=False))
        rest = await work.projects.list(Page(limit=5, offset=1, descending=False, order=Order.NAME))

    assert [project.id for project in (*first.items, *rest.items)] == [PROJECT, ELSEWHERE]
    assert (first.total, rest.total) == (2, 2)


async def test_an_account_is_a_member_once_in_each_project(db):
    members = [a_membership(role=Role.ADMIN), a_membership(project=ELSEWHERE, created_at=after(hours=1))]
    await keep_members(db, *members)

    with pytest.raises(Stale):
        await keep_members(db, a_membership())

    async with db.look() as work:
        assert await work.projects.memberships(ACCOUNT) == members
        assert list(await work.projects.memberships(AccountId(uuid4()))) == []


@pytest.mark.parametrize("wrong", [{"account": uuid4()}, {"project": uuid4()}])
async def test_a_member_of_nothing_or_nobody_is_refused(db, wrong):
    with pytest.raises(Stale):
        await keep_members(db, a_membership(**wrong))


async def test_members_are_listed_in_pages_either_way(db):
    first, second = a_membership(), a_membership(SOMEBODY, created_at=after(hours=1))
    await keep_members(db, second, first, a_membership(project=ELSEWHERE))

    async with db.look() as work:
        up = await work.projects.members(PROJECT, Page(descending=False))
        down = await work.projects.members(PROJECT, Page(order=Order.STARTED))
        by_update = await work.projects.members(PROJECT, Page(order=Order.UPDATED, limit=1, offset=1))
        beyond = await work.projects.members(PROJECT, Page(offset=9))

    assert up.items == [first, second]
    assert down.items == [second, first]
    # Updated at the same time: the account's id decides.
    assert by_update.items == [first]
    assert (up.total, by_update.total, beyond.total, list(beyond.items)) == (2, 2, 2, [])


async def test_members_are_found_among_accounts(db):
    await keep_members(db, a_membership(), a_membership(SOMEBODY, project=ELSEWHERE))

    async with db.look() as work:
        assert await work.projects.members_among(PROJECT, [ACCOUNT, SOMEBODY]) == [a_membership()]
        assert list(await work.projects.members_among(PROJECT, [])) == []


async def test_a_member_is_changed_and_removed(db):
    await keep_members(db, a_membership(), a_membership(SOMEBODY), a_membership(project=ELSEWHERE))

    async with db.work() as work:
        await work.projects.put_member(a_membership().become(Role.ADMIN, after(hours=1)))
        await work.projects.remove_member(a_membership(SOMEBODY))
        await work.projects.remove_member(a_membership(SOMEBODY, project=ELSEWHERE))

    async with db.look() as work:
        assert (await work.projects.members(PROJECT, Page())).items == [
            a_membership(role=Role.ADMIN, updated_at=after(hours=1))
        ]
        assert (await work.projects.members(ELSEWHERE, Page())).items == [a_membership(project=ELSEWHERE)]


async def test_admins_come_oldest_first_and_members_are_counted_by_role(db):
    late = a_membership(role=Role.ADMIN, created_at=after(hours=1))
    early = a_membership(SOMEBODY, role=Role.ADMIN, created_at=NOON)
    await keep_members(db, late, early, a_membership(project=ELSEWHERE))
    empty = ProjectId(uuid4())

    async with db.look() as work:
        assert await work.projects.admins([PROJECT, ELSEWHERE]) == [early, late]
        assert list(await work.projects.admins([])) == []
        assert await work.projects.count_members([PROJECT, ELSEWHERE, empty]) == {
            PROJECT: {Role.ADMIN: 2, Role.MEMBER: 0},
            ELSEWHERE: {Role.ADMIN: 0, Role.MEMBER: 1},
            empty: {Role.ADMIN: 0, Role.MEMBER: 0},
        }
