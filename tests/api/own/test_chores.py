"""An operator's chores over ketway's own interface."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from ketway.api.own import wire
from ketway.cli import projects as cli
from ketway.domain.accounts import Role
from ketway.domain.priorities import Priority
from ketway.services.listing import JobFilter, Page
from tests.api.own.conftest import a_client
from tests.builders import a_platform
from tests.services.steps import create

SOMEBODY = str(UUID(int=99))
CHORES = [
    ("GET", "/accounts", None),
    ("POST", "/accounts", {"email": "new@here"}),
    ("POST", f"/accounts/{SOMEBODY}/password", {}),
    ("POST", f"/accounts/{SOMEBODY}/disable", None),
    ("POST", f"/accounts/{SOMEBODY}/enable", None),
    ("PUT", f"/accounts/{SOMEBODY}/superuser", None),
    ("DELETE", f"/accounts/{SOMEBODY}/superuser", None),
    ("GET", "/projects", None),
    ("POST", "/projects", {"name": "lab", "admin_email": "owner@ketway"}),
    ("PUT", f"/platforms/{SOMEBODY}/prices", {"per_hour": "1"}),
    ("DELETE", f"/platforms/{SOMEBODY}/prices", None),
    ("GET", "/keys", None),
    ("POST", "/keys", {"account_id": SOMEBODY, "project_id": SOMEBODY}),
    ("POST", f"/keys/{SOMEBODY}/revoke", None),
    ("GET", "/worker-tokens", None),
    ("POST", "/worker-tokens", {"name": "lab"}),
    ("POST", f"/worker-tokens/{SOMEBODY}/revoke", None),
]


def said(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


async def an_account(operator, email="new@here", **more):
    return said(await operator.post("/accounts", json={"email": email} | more))


@pytest.mark.parametrize(("method", "path", "body"), CHORES)
async def test_a_secret_key_operates_nothing_be_it_a_superuser_s(program, method, path, body):
    answer = await program.request(method, path, json=body)

    assert said(answer, 403) == {
        "error": "NotAllowed",
        "message": "You are not allowed to operate this server.",
    }


@pytest.mark.parametrize(("method", "path", "body"), CHORES)
async def test_nobody_is_asked_to_log_in(anonymous, method, path, body):
    assert said(await anonymous.request(method, path, json=body), 401)["error"] == "BadToken"


async def test_a_token_of_a_worker_is_none(world):
    async with a_client(world, world.credentials.worker_token) as worker:
        assert (await worker.get("/accounts")).status_code == 401


@pytest.mark.parametrize(
    "body", [{"email": "owner@ketway", "password": "wrong"}, {"email": "", "password": ""}]
)
async def test_a_wrong_login_is_refused(anonymous, body):
    assert said(await anonymous.post("/login", json=body), 401)["message"] == "Wrong email or password."


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"email": 7, "password": "x"}', b'{"email": "a\\u0000", "password": ""}']
)
async def test_a_login_that_cannot_be_read_is_refused(anonymous, body):
    assert said(await anonymous.post("/login", content=body), 422)["error"] == "Malformed"


async def test_a_body_of_megabytes_is_refused(operator):
    answer = await operator.post("/accounts", json={"email": "x" * 2**20})

    assert said(answer, 413)["error"] == "OverBound"


async def test_an_account_is_made_listed_and_found(operator):
    made = await an_account(operator, given_name="Ada", is_service=True)

    listed = said(await operator.get("/accounts"))
    found = said(await operator.get("/accounts", params={"email": "NEW@here"}))
    assert (made["email"], made["given_name"], made["is_service"]) == ("new@here", "Ada", True)
    assert len(made.pop("password")) >= 20
    assert found == {"accounts": [made], "total": 1}
    assert made in listed["accounts"]
    assert listed["total"] == 2


async def test_no_list_says_a_secret(operator):
    made = await an_account(operator, password="a secret word")

    assert made["password"] is None
    for path in ("/accounts", "/projects", "/keys", "/worker-tokens"):
        text = (await operator.get(path)).text
        assert "argon2" not in text
        assert "hash" not in text


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"email": "owner@KETWAY"}, 409, "EmailTaken"),
        ({"email": "nobody"}, 422, "BadField"),
        ({"email": "new@here", "password": "short"}, 422, "BadField"),
        ({"email": "new@here", "root": True}, 422, "Malformed"),
        ({"email": "new@here", "superuser": "yes"}, 422, "Malformed"),
        ({}, 422, "Malformed"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(operator, body, status, error):
    assert said(await operator.post("/accounts", json=body), status)["error"] == error


async def test_a_password_is_made_anew_or_chosen(operator, anonymous):
    account = await an_account(operator)

    made = said(await operator.post(f"/accounts/{account['id']}/password"))["password"]
    first = await anonymous.post("/login", json={"email": "new@here", "password": made})
    chosen = said(await operator.post(f"/accounts/{account['id']}/password", json={"password": "of my own"}))
    second = await anonymous.post("/login", json={"email": "new@here", "password": "of my own"})

    assert (first.status_code, second.status_code, chosen["password"]) == (200, 200, None)


async def test_an_account_is_disabled_and_enabled(operator, anonymous):
    account = await an_account(operator, password="password")
    login = {"email": "new@here", "password": "password"}

    disabled = said(await operator.post(f"/accounts/{account['id']}/disable"))
    refused = await anonymous.post("/login", json=login)
    enabled = said(await operator.post(f"/accounts/{account['id']}/enable"))

    assert disabled["disabled_at"] is not None
    assert said(refused, 401)["error"] == "AccountDisabled"
    assert enabled["disabled_at"] is None
    assert (await anonymous.post("/login", json=login)).status_code == 200


async def test_a_superuser_is_made_and_unmade_but_not_the_last(world, operator):
    account = await an_account(operator)
    path = f"/accounts/{account['id']}/superuser"

    assert said(await operator.put(path))["superuser"]
    assert not said(await operator.delete(path))["superuser"]
    last = await operator.delete(f"/accounts/{world.owner.account_id}/superuser")
    assert said(last, 409)["error"] == "LastSuperuser"


async def test_a_project_is_made_changed_and_listed(operator):
    name = a_platform().name
    body = {"name": "lab", "admin_email": "owner@ketway", "priority": "high", "allowed_platforms": [name]}

    made = said(await operator.post("/projects", json=body))
    changed = said(await operator.patch(f"/projects/{made['id']}", json={"allowed_platforms": None}))
    again = said(
        await operator.patch(f"/projects/{made['id']}", json={"priority": "free", "name": "new", "weight": 2})
    )
    nothing = said(await operator.patch(f"/projects/{made['id']}", json={}))

    assert (made["priority"], made["allowed_platforms"]) == ("high", [name])
    assert changed == made | {"allowed_platforms": None}
    assert again == nothing == changed | {"priority": "free", "name": "new", "weight": 2.0}
    assert again in said(await operator.get("/projects"))["projects"]
    assert (made["main_admin"], made["members"]) == ("owner@ketway", {"admin": 1, "member": 0})


async def test_quotas_of_a_project_are_said_whole(world, operator):
    path = f"/projects/{world.project_id}"
    body = {"waiting_jobs": "10", "open_batches": None, "spending_per_month": 0.5}

    changed = said(await operator.patch(path, json={"quotas": body}))
    renamed = said(await operator.patch(path, json={"name": "new"}))
    forgotten = said(await operator.patch(path, json={"quotas": {}}))

    assert changed["quotas"] == {"waiting_jobs": 10, "open_batches": None, "spending_per_month": "0.5"}
    assert renamed["quotas"] == changed["quotas"]
    assert forgotten["quotas"] == {}


async def test_rules_of_retention_are_said_whole_and_what_is_due_is_told_first(world, operator, program):
    await create(world, platform=world.core.platforms.catalogue[0])
    await world.run_all()
    (job,) = (await world.core.jobs.list(world.owner, JobFilter(), Page())).items
    path = f"/projects/{world.project_id}"
    world.clock.move(seconds=1)

    changed = said(await operator.patch(path, json={"retention": {"days": "0", "newest": None}}))
    asked = said(await operator.get("/retention"))
    ran = said(await operator.post("/retention/run"))
    await world.core.retaining.sweep()

    assert changed["retention"] == {"days": 0, "newest": None}
    assert asked == ran
    assert asked["server"] == {"days": None, "newest": None}
    assert [(each["rules"], each["results"]) for each in asked["due"]] == [({"days": 0, "newest": None}, 1)]
    gone = await program.get(f"/jobs/{job.id}/result")
    assert (gone.status_code, gone.json()["error"]) == (410, "ResultExpired")
    assert (await program.get("/retention")).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"retention": {"days": -1}},
        {"retention": {"bytes": 1}},
        {"name": ""},
        {"name": None},
        {"priority": "urgent"},
        {"allowed_platforms": ["ABACUS"]},
        {"owner": "me"},
        {"weight": 0},
        {"weight": -1},
        {"weight": 1e7},
        {"weight": "heavy"},
        {"quotas": {"waiting_jobs": -1}},
        {"quotas": {"running_jobs": 1}},
        {"quotas": {"waiting_jobs": [1]}},
        {"quotas": None},
    ],
    ids=str,
)
async def test_a_change_that_cannot_be_is_refused(world, operator, body):
    assert (await operator.patch(f"/projects/{world.project_id}", json=body)).status_code == 422


def test_every_role_and_priority_can_be_said():
    assert set(get_args(wire.Role)) == {role.value for role in Role} == set(cli.Role)
    assert set(get_args(wire.Priority)) == {each.name.lower() for each in Priority} == set(cli.Priority)


async def test_members_come_change_and_go(world, operator):
    account = await an_account(operator)
    path = f"/projects/{world.project_id}/members"

    added = said(await operator.post(path, json={"email": "new@here"}))
    twice = await operator.post(path, json={"email": "new@here", "role": "admin"})
    body = {"account_ids": [account["id"]], "role": "admin"}
    (changed,) = said(await operator.put(path, json=body))["members"]
    listed = said(await operator.get(path))
    removed = await operator.delete(f"{path}/{account['id']}")
    last = await operator.delete(f"{path}/{world.owner.account_id}")

    assert (added["role"], changed["role"], listed["total"]) == ("member", "admin", 2)
    assert said(twice, 409)["error"] == "AlreadyMember"
    assert said(removed) == {}
    assert said(last, 409)["error"] == "LastAdmin"
    assert said(await operator.get(path))["total"] == 1


async def test_a_key_is_shown_once_and_revoked(world, operator):
    until = (world.clock.now() + timedelta(days=1)).isoformat()
    body = {
        "account_id": str(world.owner.account_id),
        "project_id": str(world.project_id),
        "expires_at": until,
    }

    made = said(await operator.post("/keys", json=body))
    secret = made.pop("secret_key")
    listed = said(await operator.get("/keys", params={"project_id": str(world.project_id)}))
    async with a_client(world, secret) as program:
        before = await program.get("/jobs")
        revoked = said(await operator.post(f"/keys/{made['id']}/revoke"))
        after = await program.get("/jobs")

    assert made in listed["keys"]
    assert (made["email"], made["project"], made["expires_at"]) == ("owner@ketway", "first project", until)
    assert revoked["revoked_at"] is not None
    assert (before.status_code, after.status_code) == (200, 401)


async def test_jobs_that_wait_are_listed_with_their_place_and_start(world, program):
    platform = (await world.core.platforms.every())[0].platform
    await create(world, 3, platform=platform)

    listed = sorted(said(await program.get("/jobs"))["jobs"], key=lambda job: job["position"])
    last = said(await program.get(f"/jobs/{listed[2]['id']}"))

    now = world.clock.now().isoformat()
    assert [job["queue_position"] for job in listed] == [1, 2, 3]
    # Two run at once; how long they take nobody knows.
    assert listed[1]["estimated_start"] == dict.fromkeys(("earliest", "expected", "latest"), now)
    assert (listed[2]["estimated_start"], listed[2]["estimate"]) == (None, None)
    assert last["queue_position"] == 3


@pytest.mark.parametrize(
    "end", ["tomorrow", "2026-01-15T12:00:00", "2020-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00"]
)
async def test_an_end_that_cannot_be_is_refused(world, operator, end):
    body = {"account_id": str(world.owner.account_id), "project_id": str(world.project_id), "expires_at": end}

    assert (await operator.post("/keys", json=body)).status_code == 422


async def test_a_worker_s_token_is_shown_once_and_revoked(world, operator):
    made = said(await operator.post("/worker-tokens", json={"name": "lab"}))

    token = await world.core.accounts.worker_token(made.pop("secret"))
    listed = said(await operator.get("/worker-tokens"))
    revoked = said(await operator.post(f"/worker-tokens/{token.id}/revoke"))

    assert made in listed["tokens"]
    assert revoked["revoked_at"] is not None


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=1001", "limit=x", "limit=" + "9" * 5000, "offset=99999999999", "account_id=me"],
)
async def test_a_question_that_cannot_be_is_refused(operator, query):
    assert (await operator.get(f"/keys?{query}")).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/accounts/me/disable", 404),
        ("POST", f"/accounts/{SOMEBODY}/disable", 404),
        ("PATCH", f"/projects/{SOMEBODY}", 404),
        ("GET", f"/projects/{SOMEBODY}/members", 404),
        ("GET", f"/projects/{SOMEBODY}/usage", 404),
        ("PUT", f"/platforms/{SOMEBODY}/prices", 404),
        ("DELETE", f"/platforms/{SOMEBODY}/prices", 404),
        ("PUT", "/accounts", 405),
    ],
)
async def test_what_is_not_here_is_told_in_a_sentence(operator, method, path, status):
    answer = await operator.request(method, path, json={})

    assert said(answer, status)["message"].endswith(".")


async def test_an_operator_s_token_lists_the_jobs_of_every_project(operator):
    assert said(await operator.get("/jobs")) == {"jobs": [], "total": 0}
