from uuid import UUID

import pytest

from ketway.domain.accounts import AccountId, Role
from ketway.services.accounts import NewAccount
from ketway.services.projects import NewProject, ProjectChange
from tests.api.pasqal.clients import data, why
from tests.api.pasqal.worlds import ACCOUNT, CORE, a_client


async def test_the_code_of_account_answers_is_an_integer(api):
    for path in ("projects", "auth/info", "ping"):
        answer = await api.get(f"{ACCOUNT}/v1/{path}")

        assert answer.json()["code"] == 200


async def test_the_caller_is_told_who_they_are(world, api):
    caller = data(await api.get(f"{ACCOUNT}/v1/auth/info"))

    assert caller["id"] == str(world.owner.account_id)
    assert caller["email"] == "owner@ketway"
    assert caller["email_verified"] is True
    assert caller["superuser"] is True
    assert caller["projects"] == [str(world.project_id)]
    assert caller["type"] == "USER"
    assert (caller["given_name"], caller["family_name"]) == ("", "")
    (membership,) = caller["acl"]
    assert membership["project_id"] == str(world.project_id)
    assert (membership["role"], membership["status"]) == ("ADMIN", "ACTIVE")
    assert caller["allowed_device_types"] is None


async def test_a_colleague_is_no_superuser(colleague):
    caller = data(await colleague.get(f"{ACCOUNT}/v1/auth/info"))

    assert caller["superuser"] is False
    assert [membership["role"] for membership in caller["acl"]] == ["MEMBER"]


async def test_a_program_is_told_that_it_is_one(world):
    new = NewAccount(email="robot@here", password="password", is_service=True)
    await world.core.accounts.create(world.operator, new)
    token, _ = await world.core.accounts.login("robot@here", "password")

    async with a_client(world, token) as robot:
        caller = data(await robot.get(f"{ACCOUNT}/v1/auth/info"))

    assert (caller["type"], caller["acl"], caller["projects"]) == ("SERVICE_ACCOUNT", [], [])


async def test_whoever_comes_with_a_key_is_told_of_its_project_alone(world):
    stranger, _ = await world.another_project()
    (other,) = stranger.roles
    await world.core.projects.add_member(world.operator, other, "owner@ketway", Role.ADMIN)
    credentials = world.credentials
    token, _ = await world.core.accounts.exchange(credentials.access_key, credentials.secret_key)

    async with a_client(world, token) as client:
        caller = data(await client.get(f"{ACCOUNT}/v1/auth/info"))
        listed = data(await client.get(f"{ACCOUNT}/v1/projects"))

    assert caller["projects"] == [project["id"] for project in listed] == [str(world.project_id)]
    assert caller["superuser"] is False


async def test_the_devices_of_the_caller_are_those_of_all_their_projects(world, api):
    projects, operator = world.core.projects, world.operator
    await projects.change(operator, world.project_id, ProjectChange(allowed_platforms=["FRESNEL"]))
    new = NewProject(name="other", admin_email="owner@ketway", allowed_platforms=["EMU_FREE"])
    other = (await projects.create(operator, new)).project

    assert data(await api.get(f"{ACCOUNT}/v1/auth/info"))["allowed_device_types"] == ["EMU_FREE", "FRESNEL"]
    await projects.change(operator, other.id, ProjectChange(allowed_platforms=None))
    assert data(await api.get(f"{ACCOUNT}/v1/auth/info"))["allowed_device_types"] is None


async def test_a_live_token_of_a_disabled_account_opens_nothing(world, colleague):
    info = data(await colleague.get(f"{ACCOUNT}/v1/auth/info"))

    await world.core.accounts.disable(world.operator, AccountId(UUID(info["id"])))

    for path in (f"{ACCOUNT}/v1/auth/info", f"{ACCOUNT}/v1/projects", f"{CORE}/v1/batches"):
        answer = await colleague.get(path)
        assert answer.status_code == 401
        assert "disabled" in why(answer)


@pytest.mark.parametrize("path", ["nowhere", "projects/not-a-uuid/members", "../v2/nothing"])
async def test_the_code_of_account_errors_is_an_integer(api, path):
    answer = await api.get(f"{ACCOUNT}/v1/{path}")

    assert answer.status_code in (404, 422)
    assert answer.json()["code"] == answer.status_code


async def test_a_ping_needs_no_login(anonymous):
    assert data(await anonymous.get(f"{ACCOUNT}/v1/ping")) == {}
