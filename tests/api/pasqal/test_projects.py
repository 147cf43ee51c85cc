"""Projects and their members as clients of this dialect see them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from ketway.api.pasqal import wire
from ketway.domain.accounts import ProjectId, Role
from ketway.domain.priorities import Priority
from ketway.services.accounts import NewAccount
from tests.api.pasqal.clients import NOBODY, data, places, why
from tests.api.pasqal.worlds import ACCOUNT, a_client

PROJECTS = f"{ACCOUNT}/v1/projects"
PROJECT_FIELDS = {
    *("id", "project_id", "name", "description", "company", "email_domain", "package", "project_type"),
    *("project_status", "queue_priority", "allowed_device_types", "allowed_workload_types"),
    *("additional_access_grants", "account_manager", "main_admin", "count", "last_activity_date"),
    "created_at",
}
MEMBER_FIELDS = {
    *("id", "project_id", "user_id", "role", "status", "project_allowed_device_types", "user"),
    *("created_at", "updated_at"),
}


def a_body(**changes: Any) -> dict[str, Any]:
    """What is required of a new project, and nothing more."""
    return {
        "name": "Quantum lab",
        "admin_email": "owner@ketway",
        "account_manager_id": "manager-1",
        "company": "Us",
        "package": "VQPU",
    } | changes


def members_of(project: object) -> str:
    return f"{PROJECTS}/{project}/members"


async def a_member(world, email="member@here", role=Role.MEMBER):
    """An account of the owner's project, and its token."""
    new = NewAccount(email=email, password="password", given_name="Ada", family_name="Lovelace")
    account = (await world.core.accounts.create(world.operator, new)).account
    await world.core.projects.add_member(world.owner, world.project_id, email, role)
    token, _ = await world.core.accounts.login(email, "password")
    return account, token


async def test_projects_are_a_plain_list_of_those_the_caller_is_in(world, api):
    await world.another_project()

    answer = await api.get(PROJECTS, params={"project_status": "ACTIVE"})

    (project,) = data(answer)
    assert project.keys() == PROJECT_FIELDS
    assert project["id"] == project["project_id"] == str(world.project_id)
    assert (project["name"], project["project_status"]) == ("first project", "ACTIVE")
    assert project["count"] == {"ACTIVE_ADMIN": 1, "ACTIVE_MEMBER": 0, "PENDING": 0}
    assert project["main_admin"] == {
        "id": str(world.owner.account_id),
        "email": "owner@ketway",
        "given_name": "",
        "family_name": "",
    }
    assert (project["account_manager"], project["additional_access_grants"]) == (None, [])
    assert answer.json()["pagination"] == {"total": 1, "start": 0, "end": 1}
    assert answer.headers["content-range"] == "1-1/1"


@pytest.mark.parametrize(
    ("wanted", "number"), [("ACTIVE", 1), ("", 1), ("ARCHIVED", 0), (["ARCHIVED", "ACTIVE"], 1)]
)
async def test_every_project_is_active(api, wanted, number):
    assert len(data(await api.get(PROJECTS, params={"project_status": wanted}))) == number


async def test_a_superuser_makes_a_project_with_what_is_required(world, api):
    made = data(await api.post(PROJECTS, json=a_body()))

    assert made.keys() == PROJECT_FIELDS
    assert (made["name"], made["company"], made["package"]) == ("Quantum lab", "Us", "VQPU")
    assert made["account_manager"]["id"] == "manager-1"
    assert (made["description"], made["queue_priority"]) == ("", "MEDIUM")
    assert (made["allowed_device_types"], made["email_domain"]) == (None, None)
    assert made["main_admin"]["email"] == "owner@ketway"
    assert made["count"] == {"ACTIVE_ADMIN": 1, "ACTIVE_MEMBER": 0, "PENDING": 0}
    assert made in data(await api.get(PROJECTS))


async def test_what_the_core_has_no_use_for_is_said_back(world, api):
    wishes = {
        "description": "two\nlines \N{SNOWMAN}",
        "email_domain": "us.example",
        "allowed_device_types": ["FRESNEL", "EMU_FREE"],
        "additional_access_grants": [{"grant": "notebooks", "role": "ADMIN"}, {"grant": "x", "role": None}],
        "project_type": "ACADEMIC",
        "queue_priority": "HIGH",
    }

    made = data(await api.post(PROJECTS, json=a_body(**wishes)))

    assert made.items() >= wishes.items()
    kept = await world.core.projects.get(world.operator, ProjectId(UUID(made["id"])))
    assert (kept.priority, kept.allows("EMU_FREE"), kept.allows("EMU_SV")) == (Priority.HIGH, True, False)


@pytest.mark.parametrize("missing", ["name", "admin_email", "account_manager_id", "company", "package"])
async def test_a_project_without_what_is_required_is_refused(api, missing):
    body = a_body()
    del body[missing]

    answer = await api.post(PROJECTS, json=body)

    assert answer.status_code == 422
    assert places(answer) == [["body", missing]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": 7},
        {"name": "x" * 256},
        {"name": "x" * 101},
        {"name": "a\x1b[31m"},
        {"package": "FREE_LUNCH"},
        {"project_type": "SECRET"},
        {"queue_priority": "URGENT"},
        {"allowed_device_types": "EMU_FREE"},
        {"allowed_device_types": ["ABACUS"]},
        {"allowed_device_types": ["EMU_FREE"] * 101},
        {"additional_access_grants": [{}]},
        {"additional_access_grants": ["ADMIN"]},
        {"description": "x" * 2001},
    ],
    ids=range(14),
)
async def test_a_project_that_cannot_be_is_refused(api, wrong):
    answer = await api.post(PROJECTS, json=a_body(**wrong))

    assert answer.status_code == 422
    assert len(data(await api.get(PROJECTS))) == 1


async def test_an_admin_who_has_no_account_is_to_be_made_first(api):
    answer = await api.post(PROJECTS, json=a_body(admin_email="nobody@here"))

    assert answer.status_code == 422
    assert "ketway account add" in why(answer)


@pytest.mark.parametrize("body", [a_body(), {}, a_body(admin_email="nobody@here")], ids=range(3))
async def test_only_a_superuser_makes_projects_whatever_is_sent(colleague, body):
    answer = await colleague.post(PROJECTS, json=body)

    assert answer.status_code == 403


def test_every_priority_of_the_core_can_be_asked_for():
    for priority in Priority:
        assert wire.CreateProject(**a_body(queue_priority=priority.name)).queue_priority == priority.name


async def test_members_are_listed_in_pages(world, colleague):
    account, _ = await a_member(world)

    listed, blocks = [], []
    for offset in range(3):
        page = {"limit": 1, "offset": offset, "order_by": "created_at", "order_by_direction": "ASC"}
        answer = await colleague.get(members_of(world.project_id), params=page)
        listed += data(answer)
        blocks.append(answer.json()["pagination"])

    assert blocks == [{"total": 3, "start": n, "end": n + 1} for n in range(3)]
    assert len({member["id"] for member in listed}) == 3
    assert all(member.keys() == MEMBER_FIELDS for member in listed)
    (ada,) = [member for member in listed if member["user_id"] == str(account.id)]
    assert (ada["role"], ada["status"], ada["project_id"]) == ("MEMBER", "ACTIVE", str(world.project_id))
    assert ada["user"] == {
        "id": str(account.id),
        "email": "member@here",
        "given_name": "Ada",
        "family_name": "Lovelace",
    }


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"order_by": "password"}])
async def test_a_page_that_cannot_be_is_refused(world, api, page):
    assert (await api.get(members_of(world.project_id), params=page)).status_code == 422


async def test_an_admin_sets_the_role_of_members(world, api):
    first, _ = await a_member(world, "first@here")
    second, _ = await a_member(world, "second@here")
    body = {"user_ids": [str(second.id), str(first.id)], "role": "ADMIN"}

    changed = data(await api.put(members_of(world.project_id), json=body))

    assert [member["user"]["email"] for member in changed] == ["second@here", "first@here"]
    assert {member["role"] for member in changed} == {"ADMIN"}
    assert data(await api.get(PROJECTS))[0]["count"]["ACTIVE_ADMIN"] == 3


async def test_an_admin_of_the_project_needs_not_be_a_superuser(world):
    account, token = await a_member(world, role=Role.ADMIN)
    body = {"user_ids": [str(account.id)], "role": "MEMBER"}

    async with a_client(world, token) as admin:
        (changed,) = data(await admin.put(members_of(world.project_id), json=body))
        again = await admin.put(members_of(world.project_id), json=body | {"role": "ADMIN"})

    assert changed["role"] == "MEMBER"
    assert again.status_code == 403


async def test_the_last_admin_stays_one(world, api):
    body = {"user_ids": [str(world.owner.account_id)], "role": "MEMBER"}

    answer = await api.put(members_of(world.project_id), json=body)

    assert answer.status_code == 409
    assert "no admin left" in why(answer)


async def test_a_user_who_is_no_member_is_not_found_and_nobody_is_changed(world, api):
    account, _ = await a_member(world)
    body = {"user_ids": [str(account.id), NOBODY], "role": "ADMIN"}

    answer = await api.put(members_of(world.project_id), json=body)

    assert (answer.status_code, why(answer)) == (404, "Member not found.")
    assert data(await api.get(PROJECTS))[0]["count"]["ACTIVE_ADMIN"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user_ids": [], "role": "ADMIN"},
        {"user_ids": ["somebody"], "role": "ADMIN"},
        {"user_ids": NOBODY, "role": "ADMIN"},
        {"user_ids": [NOBODY], "role": "OWNER"},
        {"user_ids": [NOBODY]},
        {"user_ids": [NOBODY] * 1001, "role": "ADMIN"},
        [],
    ],
    ids=range(8),
)
async def test_roles_that_cannot_be_are_refused(world, api, body):
    answer = await api.put(members_of(world.project_id), json=body)

    assert answer.status_code == (400 if body == [] else 422)


async def test_a_member_reads_the_members_and_changes_none(world, colleague):
    body = {"user_ids": [str(world.owner.account_id)], "role": "MEMBER"}

    assert (await colleague.get(members_of(world.project_id))).status_code == 200
    assert (await colleague.put(members_of(world.project_id), json=body)).status_code == 403


async def test_a_foreign_project_and_an_unknown_one_are_not_found(world, stranger, api):
    body = {"user_ids": [NOBODY], "role": "ADMIN"}

    for client, id in ((stranger, world.project_id), (api, uuid4()), (stranger, uuid4())):
        for answer in (
            await client.get(members_of(id)),
            await client.put(members_of(id), json=body),
            await client.put(members_of(id), content=b"{"),
        ):
            assert (answer.status_code, why(answer)) == (404, "Project not found.")
