"""Projects, their members, and who is asking."""

from __future__ import annotations

from tests.api.pasqal.contract.queries import PAGING
from tests.api.pasqal.contract.rows import May, Route
from tests.api.pasqal.contract.shapes import CALLER, MEMBER, PROJECT
from tests.api.pasqal.stage import Stage, Who
from tests.api.pasqal.worlds import ACCOUNT
from tests.api.surface.calls import Call, plain
from tests.api.surface.schemas import NOTHING, many

A_PROJECT = {
    "account_manager_id": "somebody",
    "admin_email": "owner@ketway",
    "company": "Us",
    "name": "Lab",
    "package": "VQPU",
}


async def new_project(stage: Stage) -> Call:
    account = await stage.world.core.accounts.account(stage.world.owner.account_id)
    return Call(body=A_PROJECT | {"admin_email": account.email})


async def members(stage: Stage) -> Call:
    return Call(ids={"project_id": stage.project_id})


async def new_role(stage: Stage) -> Call:
    body = {"user_ids": [stage.accounts[Who.COLLEAGUE]], "role": "MEMBER"}
    return Call(ids={"project_id": stage.project_id}, body=body)


async def last_admins_role(stage: Stage) -> Call:
    made = (await stage.operator.post(f"{ACCOUNT}/v1/projects", json=(await new_project(stage)).body)).json()
    body = {"user_ids": [made["data"]["main_admin"]["id"]], "role": "MEMBER"}
    return Call(ids={"project_id": made["data"]["id"]}, body=body)


ROUTES: list[Route] = [
    Route(
        number="A1",
        method="GET",
        path=f"{ACCOUNT}/v1/projects",
        may=May.USER,
        call=plain(query={"project_status": "ACTIVE"}),
        data=PROJECT,
        is_paged=True,
        query=("project_status",),
    ),
    Route(
        number="A2",
        method="POST",
        path=f"{ACCOUNT}/v1/projects",
        may=May.SUPERUSER,
        call=new_project,
        data=PROJECT,
        wrong_bodies=({}, A_PROJECT | {"package": "NONE"}, A_PROJECT | {"admin_email": "nobody@nowhere"}),
    ),
    Route(
        number="A3",
        method="GET",
        path=f"{ACCOUNT}/v1/projects/{{project_id}}/members",
        may=May.MEMBER,
        call=members,
        data=MEMBER,
        is_paged=True,
        query=PAGING,
    ),
    Route(
        number="A4",
        method="PUT",
        path=f"{ACCOUNT}/v1/projects/{{project_id}}/members",
        may=May.MANAGER,
        call=new_role,
        data=many(MEMBER, minItems=1),
        wrong_bodies=({}, {"user_ids": ["7"], "role": "ADMIN"}, {"user_ids": [], "role": "ADMIN"}),
        conflicts=(last_admins_role,),
    ),
    Route(
        number="A5",
        method="GET",
        path=f"{ACCOUNT}/v1/auth/info",
        may=May.USER,
        call=plain(),
        data=CALLER,
    ),
    Route(
        number="A6",
        method="GET",
        path=f"{ACCOUNT}/v1/ping",
        may=May.ANYBODY,
        call=plain(),
        data=NOTHING,
    ),
]
