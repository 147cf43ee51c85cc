"""Who asks: the secret key in `X-Auth-Token`, raw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from ketway.api.scaleway.errors import NotYourProject
from ketway.api.scaleway.translate import DOOR
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.credentials import ApiKey
from ketway.domain.errors import BadToken
from ketway.services.core import Core


@dataclass(frozen=True, kw_only=True)
class Caller:
    """An account that came with one of its keys."""

    actor: Actor
    key: ApiKey

    def reads(self, project: UUID | None) -> ProjectId:
        """The project asked about, or the key's own.

        Raises:
            NotYourProject
        """
        return self._project(project, "read")

    def writes(self, project: UUID | None) -> ProjectId:
        """The project to put something in, or the key's own.

        Raises:
            NotYourProject
        """
        return self._project(project, "write")

    def _project(self, asked: UUID | None, action: str) -> ProjectId:
        project = self.key.project_id if asked is None else ProjectId(asked)
        if not self.actor.sees(project):
            raise NotYourProject(project, action)
        return project


def core(request: Request) -> Core:
    found: Core = request.app.state.core
    return found


async def caller(request: Request) -> Caller:
    """
    Raises:
        BadToken: missing, unknown, revoked or expired.
    """
    secret = request.headers.get("x-auth-token", "").strip()
    if not secret:
        raise BadToken("missing")
    actor, key = await core(request).accounts.by_secret(secret)
    return Caller(actor=actor.through(DOOR), key=key)


CoreDep = Annotated[Core, Depends(core)]
CallerDep = Annotated[Caller, Depends(caller)]
