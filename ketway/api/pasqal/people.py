"""Projects, members and people between the dialect and the core: pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid5

from ketway.api.pasqal import wire
from ketway.api.pasqal.translate import moment
from ketway.domain.accounts import Account, Actor, Member, Project, Role
from ketway.domain.priorities import Priority
from ketway.services.projects import Membership, NewProject, Overview

#: Words of a create request that the core has no use for, said back as they came.
_ECHOED = {
    "account_manager_id",
    "additional_access_grants",
    "company",
    "email_domain",
    "package",
    "project_type",
}

_PERSON = ("id", "email", "given_name", "family_name")


def new_project(said: wire.CreateProject) -> NewProject:
    return NewProject(
        name=said.name,
        admin_email=said.admin_email,
        description=said.description or "",
        priority=Priority[said.queue_priority or Priority.MEDIUM.name],
        allowed_platforms=said.allowed_device_types,
        echo=said.model_dump(include=_ECHOED),
    )


def project(found: Overview) -> dict[str, Any]:
    kept = found.project
    manager = kept.echo.get("account_manager_id")
    return {
        "id": str(kept.id),
        "project_id": str(kept.id),
        "name": kept.name,
        "description": kept.description,
        "company": kept.echo.get("company"),
        "email_domain": kept.echo.get("email_domain"),
        "package": kept.echo.get("package"),
        "project_type": kept.echo.get("project_type") or "INTERNAL",
        "project_status": "ACTIVE",
        "queue_priority": kept.priority.name,
        "allowed_device_types": _device_types(kept),
        "allowed_workload_types": None,
        "additional_access_grants": kept.echo.get("additional_access_grants") or [],
        # Somebody of the vendor's, not an account here.
        "account_manager": manager
        and {"id": manager, "email": None, "given_name": None, "family_name": None},
        "main_admin": found.main_admin and person(found.main_admin),
        "count": {
            "ACTIVE_ADMIN": found.members[Role.ADMIN],
            "ACTIVE_MEMBER": found.members[Role.MEMBER],
            # Whoever is added is a member at once.
            "PENDING": 0,
        },
        "last_activity_date": moment(found.active_at),
        "created_at": moment(kept.created_at),
    }


def member(found: Membership, of: Project) -> dict[str, Any]:
    return membership(found.member, of) | {"user": person(found.account)}


def membership(kept: Member, of: Project) -> dict[str, Any]:
    return {
        "id": str(uuid5(kept.account_id, str(kept.project_id))),
        "project_id": str(kept.project_id),
        "user_id": str(kept.account_id),
        "role": kept.role.name,
        "status": "ACTIVE",
        "project_allowed_device_types": _device_types(of),
        "created_at": moment(kept.created_at),
        "updated_at": moment(kept.updated_at),
    }


def person(account: Account) -> dict[str, Any]:
    return {
        "id": str(account.id),
        "email": account.email,
        "given_name": account.given_name,
        "family_name": account.family_name,
    }


def caller(actor: Actor, account: Account, members: Iterable[Member], projects: Iterable[Project]) -> Any:
    """
    Args:
        members: what they are in each of their projects.
        projects: all of these.
    """
    known = {project.id: project for project in projects}
    acl = [membership(member, known[member.project_id]) for member in members]
    return person(account) | {
        "email_verified": True,
        "type": "SERVICE_ACCOUNT" if account.is_service else "USER",
        "superuser": actor.superuser,
        "acl": acl,
        "projects": [member["project_id"] for member in acl],
        "allowed_device_types": _allowed_anywhere(known.values()),
        "created_at": moment(account.created_at),
    }


def _device_types(project: Project) -> list[str] | None:
    return None if project.allowed_platforms is None else list(project.allowed_platforms)


def _allowed_anywhere(projects: Iterable[Project]) -> list[str] | None:
    """Device types of all the projects; None, for all that there are, if one has no limits."""
    types: set[str] = set()
    for project in projects:
        if project.allowed_platforms is None:
            return None
        types |= set(project.allowed_platforms)
    return sorted(types)
