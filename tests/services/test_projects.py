"""Projects and who works in them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from ketway.domain.accounts import AccountId, ProjectId, Role
from ketway.domain.errors import (
    AlreadyMember,
    BadField,
    LastAdmin,
    NobodyHasEmail,
    NotAllowed,
    Unknown,
    UnknownPlatform,
)
from ketway.domain.priorities import Priority
from ketway.services.accounts import NewAccount
from ketway.services.listing import Page
from ketway.services.projects import NewProject, ProjectChange
from tests.builders import a_member
from tests.services.steps import PLATFORMS

NAME = PLATFORMS[0].name


def a_new_project(**changes) -> NewProject:
    return NewProject(**{"name": "lab", "admin_email": "owner@ketway"} | changes)


async def a_colleague(world, email="colleague@here", role=Role.MEMBER):
    """A member of the owner's project, as an account and as an actor."""
    account = (await world.core.accounts.create(world.operator, NewAccount(email=email))).account
    await world.core.projects.add_member(world.owner, world.project_id, email, role)
    return account, a_member(role, account_id=account.id, roles={world.project_id: role})


async def roles(world) -> dict[str, Role]:
    listed = await world.core.projects.members(world.owner, world.project_id, Page())
    return {found.account.email: found.member.role for found in listed.items}


async def test_projects_are_those_that_the_actor_is_in_for_a_superuser_too(world):
    stranger, _ = await world.another_project()

    async def ids(actor) -> set:
        return {found.project.id for found in await world.core.projects.mine(actor)}

    assert await ids(world.owner) == {world.project_id}
    assert await ids(stranger) == set(stranger.roles)
    assert await ids(world.operator) == {world.project_id}


async def test_operators_list_all_projects(world):
    stranger, _ = await world.another_project()

    listed = await world.core.projects.list(world.operator, Page())

    assert {found.project.id for found in listed.items} == {world.project_id, *stranger.roles}
    assert listed.total == 2


async def test_a_project_is_made_with_an_admin(world):
    colleague, _ = await a_colleague(world)
    new = a_new_project(
        admin_email=" Colleague@HERE",
        description="two\nlines",
        priority=Priority.HIGH,
        allowed_platforms=[NAME, NAME],
        echo={"company": "us"},
    )

    made = await world.core.projects.create(world.operator, new)

    project = made.project
    assert (made.main_admin, made.members) == (colleague, {Role.ADMIN: 1, Role.MEMBER: 0})
    assert (project.description, project.priority, project.echo) == (
        "two\nlines",
        Priority.HIGH,
        {"company": "us"},
    )
    assert project.allowed_platforms == (NAME,)
    assert await world.core.projects.get(world.operator, project.id) == project


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"name": ""}, BadField),
        ({"name": " \t "}, BadField),
        ({"name": "a\nb"}, BadField),
        ({"name": "a" * 101}, BadField),
        ({"description": "a\x1b[2J"}, BadField),
        ({"description": "a" * 2001}, BadField),
        ({"allowed_platforms": ["ABACUS"]}, UnknownPlatform),
        ({"admin_email": "nobody@here"}, NobodyHasEmail),
        ({"admin_email": "x" * 10_000}, NobodyHasEmail),
    ],
    ids=range(9),
)
async def test_a_project_that_cannot_be_is_refused_and_nothing_is_kept(world, wrong, refusal):
    with pytest.raises(refusal):
        await world.core.projects.create(world.operator, a_new_project(**wrong))

    assert (await world.core.projects.list(world.operator, Page())).total == 1


async def test_a_change_leaves_what_it_does_not_name(world):
    projects, id = world.core.projects, world.project_id

    await projects.change(world.operator, id, ProjectChange(description="ours", allowed_platforms=[NAME]))
    await projects.change(world.operator, id, ProjectChange(name="new", priority=Priority.LOW))
    restricted = await projects.get(world.owner, id)
    await projects.change(world.operator, id, ProjectChange(allowed_platforms=None))

    assert (restricted.name, restricted.description, restricted.priority) == ("new", "ours", Priority.LOW)
    assert restricted.allows(NAME)
    assert not restricted.allows("another")
    assert (await projects.get(world.owner, id)).allows("another")


async def test_a_change_that_cannot_be_is_refused(world):
    for wrong in (
        ProjectChange(name=""),
        ProjectChange(description="\x00"),
        ProjectChange(allowed_platforms=[NAME, "ABACUS"]),
    ):
        with pytest.raises((BadField, UnknownPlatform)):
            await world.core.projects.change(world.operator, world.project_id, wrong)


async def test_a_member_comes_with_a_role_and_once(world):
    projects = world.core.projects
    await a_colleague(world)

    assert await roles(world) == {"owner@ketway": Role.ADMIN, "colleague@here": Role.MEMBER}
    with pytest.raises(AlreadyMember):
        await projects.add_member(world.owner, world.project_id, "COLLEAGUE@here", Role.ADMIN)
    with pytest.raises(NobodyHasEmail):
        await projects.add_member(world.owner, world.project_id, "nobody@here", Role.ADMIN)


async def test_members_are_listed_in_pages_for_members(world):
    _, colleague = await a_colleague(world)
    projects = world.core.projects

    first = await projects.members(colleague, world.project_id, Page(limit=1))
    rest = await projects.members(colleague, world.project_id, Page(limit=1, offset=1))

    emails = [found.account.email for found in (*first.items, *rest.items)]
    assert sorted(emails) == ["colleague@here", "owner@ketway"]
    assert (first.total, rest.total) == (2, 2)


async def test_the_roles_of_several_members_change_together(world):
    first, _ = await a_colleague(world, "first@here")
    second, _ = await a_colleague(world, "second@here")
    world.clock.move(hours=1)

    changed = await world.core.projects.set_roles(
        world.owner, world.project_id, [second.id, first.id, second.id], Role.ADMIN
    )

    assert [found.account for found in changed] == [second, first]
    assert {found.member.updated_at for found in changed} == {world.clock.now()}
    assert await roles(world) == dict.fromkeys(["owner@ketway", "first@here", "second@here"], Role.ADMIN)


async def test_of_several_members_with_one_unknown_none_is_changed(world):
    first, _ = await a_colleague(world)

    with pytest.raises(Unknown):
        await world.core.projects.set_roles(
            world.owner, world.project_id, [first.id, AccountId(uuid4())], Role.ADMIN
        )

    assert (await roles(world))["colleague@here"] is Role.MEMBER


async def test_a_project_keeps_an_admin(world):
    projects, me = world.core.projects, world.owner.account_id
    colleague, _ = await a_colleague(world)

    for actor in (world.owner, world.operator):
        with pytest.raises(LastAdmin):
            await projects.set_roles(actor, world.project_id, [colleague.id, me], Role.MEMBER)
        with pytest.raises(LastAdmin):
            await projects.remove_member(actor, world.project_id, me)

    assert (await roles(world))["owner@ketway"] is Role.ADMIN
    await projects.set_roles(world.owner, world.project_id, [colleague.id], Role.ADMIN)
    await projects.set_roles(world.owner, world.project_id, [me], Role.MEMBER)
    assert await roles(world) == {"owner@ketway": Role.MEMBER, "colleague@here": Role.ADMIN}


async def test_of_two_admins_who_leave_at_once_one_remains(world):
    colleague, other = await a_colleague(world, role=Role.ADMIN)
    projects, me = world.core.projects, world.owner.account_id

    ended = await asyncio.gather(
        projects.remove_member(world.owner, world.project_id, colleague.id),
        projects.remove_member(other, world.project_id, me),
        return_exceptions=True,
    )

    assert sum(isinstance(end, LastAdmin) for end in ended) == 1


async def test_a_project_without_an_admin_is_no_obstacle_to_its_members(world):
    stranger, _ = await world.another_project()
    (id,) = stranger.roles

    await world.core.projects.set_roles(world.operator, id, [stranger.account_id], Role.MEMBER)
    await world.core.projects.remove_member(world.operator, id, stranger.account_id)

    assert (await world.core.projects.members(world.operator, id, Page())).total == 0


async def test_a_member_who_is_removed_sees_the_project_no_more(world):
    made = await world.core.accounts.create(world.operator, NewAccount(email="brief@here"))
    await world.core.projects.add_member(world.owner, world.project_id, "brief@here", Role.MEMBER)
    token, _ = await world.core.accounts.login("brief@here", made.password)

    await world.core.projects.remove_member(world.owner, world.project_id, made.account.id)

    actor = await world.core.accounts.by_token(token)
    assert not actor.roles
    with pytest.raises(Unknown):
        await world.core.projects.remove_member(world.owner, world.project_id, made.account.id)


async def test_members_who_are_no_admins_manage_nobody(world):
    colleague, actor = await a_colleague(world)
    projects, id = world.core.projects, world.project_id

    for chore in (
        projects.add_member(actor, id, "owner@ketway", Role.ADMIN),
        projects.set_roles(actor, id, [colleague.id], Role.ADMIN),
        projects.remove_member(actor, id, world.owner.account_id),
    ):
        with pytest.raises(NotAllowed):
            await chore


async def test_an_admin_operates_nothing(world):
    projects = world.core.projects

    for chore in (
        projects.create(world.owner, a_new_project()),
        projects.list(world.owner, Page()),
        projects.change(world.owner, world.project_id, ProjectChange(name="mine")),
    ):
        with pytest.raises(NotAllowed):
            await chore


async def test_a_foreign_project_is_as_unknown_as_one_that_is_not_there(world):
    stranger, _ = await world.another_project()
    projects, admin = world.core.projects, replace(stranger, roles=dict.fromkeys(stranger.roles, Role.ADMIN))

    for actor, id in ((admin, world.project_id), (world.operator, ProjectId(uuid4()))):
        for chore in (
            projects.get(actor, id),
            projects.members(actor, id, Page()),
            projects.add_member(actor, id, "owner@ketway", Role.ADMIN),
            projects.set_roles(actor, id, [actor.account_id], Role.ADMIN),
            projects.remove_member(actor, id, world.owner.account_id),
        ):
            with pytest.raises(Unknown) as refusal:
                await chore
            assert refusal.value.kind == "project"
