"""Routes of projects and their members."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway.api.answers import answer
from ketway.api.own import wire
from ketway.api.own.requests import actor_of, id_of, page_of, read
from ketway.domain.accounts import AccountId, ProjectId, Role
from ketway.domain.priorities import Priority
from ketway.services.core import Core
from ketway.services.projects import Membership, NewProject, Overview, ProjectChange


def routes(core: Core) -> list[Route]:
    projects = Projects(core)
    return [
        Route("/projects", projects.list, methods=["GET"]),
        Route("/projects", projects.create, methods=["POST"]),
        Route("/projects/{id:uuid}", projects.change, methods=["PATCH"]),
        Route("/projects/{id:uuid}/members", projects.members, methods=["GET"]),
        Route("/projects/{id:uuid}/members", projects.add_member, methods=["POST"]),
        Route("/projects/{id:uuid}/members", projects.set_roles, methods=["PUT"]),
        Route("/projects/{id:uuid}/members/{account:uuid}", projects.remove_member, methods=["DELETE"]),
    ]


class Projects:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        listed = await self._core.projects.list(actor, page_of(request))
        return answer({"projects": [_shown(each) for each in listed.items], "total": listed.total})

    async def create(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = await read(request, wire.NewProject)
        new = NewProject(**msgspec.structs.asdict(said) | {"priority": Priority[said.priority.upper()]})
        return answer(_shown(await self._core.projects.create(actor, new)))

    async def change(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = await read(request, wire.ProjectChange)
        named = {name: value for name, value in msgspec.structs.asdict(said).items() if value is not UNSET}
        if isinstance(said.priority, str):
            named["priority"] = Priority[said.priority.upper()]
        change = ProjectChange(**named)
        return answer(_shown(await self._core.projects.change(actor, _project(request), change)))

    async def members(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        listed = await self._core.projects.members(actor, _project(request), page_of(request))
        return answer({"members": [_member(each) for each in listed.items], "total": listed.total})

    async def add_member(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = await read(request, wire.NewMember)
        role = Role(said.role)
        return answer(
            _member(await self._core.projects.add_member(actor, _project(request), said.email, role))
        )

    async def set_roles(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = await read(request, wire.SetRoles)
        accounts = [AccountId(id) for id in said.account_ids]
        changed = await self._core.projects.set_roles(actor, _project(request), accounts, Role(said.role))
        return answer({"members": [_member(each) for each in changed], "total": len(changed)})

    async def remove_member(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        account = AccountId(id_of(request, "account"))
        await self._core.projects.remove_member(actor, _project(request), account)
        return answer({})


def _project(request: Request) -> ProjectId:
    return ProjectId(id_of(request))


def _shown(found: Overview) -> dict[str, Any]:
    project = found.project
    return {
        "id": str(project.id),
        "name": project.name,
        "description": project.description,
        "priority": project.priority.name.lower(),
        "allowed_platforms": project.allowed_platforms,
        "weight": project.weight,
        "quotas": project.quotas,
        "retention": project.retention,
        "created_at": project.created_at.isoformat(),
        "main_admin": found.main_admin and found.main_admin.email,
        "members": {role.value: number for role, number in found.members.items()},
    }


def _member(found: Membership) -> dict[str, Any]:
    return {
        "account_id": str(found.account.id),
        "email": found.account.email,
        "given_name": found.account.given_name,
        "family_name": found.account.family_name,
        "role": found.member.role.value,
        "created_at": found.member.created_at.isoformat(),
    }
