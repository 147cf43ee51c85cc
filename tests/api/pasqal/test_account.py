from tests.api.pasqal.clients import data
from tests.api.pasqal.worlds import ACCOUNT


async def test_projects_are_a_plain_list_of_those_the_caller_is_in(world, colleague):
    await world.another_project()

    answer = await colleague.get(f"{ACCOUNT}/v1/projects", params={"project_status": "ACTIVE"})

    (project,) = data(answer)
    assert project["id"] == project["project_id"] == str(world.project_id)
    assert project["name"] == "first project"
    assert project["project_status"] == "ACTIVE"
    assert answer.json()["pagination"] == {"total": 1, "start": 0, "end": 1}


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
    assert caller["acl"] == [{"project_id": str(world.project_id), "role": "ADMIN", "status": "ACTIVE"}]


async def test_a_colleague_is_no_superuser(colleague):
    caller = data(await colleague.get(f"{ACCOUNT}/v1/auth/info"))

    assert caller["superuser"] is False
    assert [membership["role"] for membership in caller["acl"]] == ["MEMBER"]


async def test_a_ping_needs_no_login(anonymous):
    assert data(await anonymous.get(f"{ACCOUNT}/v1/ping")) == {}
