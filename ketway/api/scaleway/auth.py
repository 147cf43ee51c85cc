"""Who asks: the secret key in `X-Auth-Token`, raw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader
from starlette.requests import Request

from ketway.api.scaleway.errors import NotYourProject
from ketway.api.scaleway.translate import DOOR
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.credentials import ApiKey
from ketway.domain.errors import BadToken
from ketway.services.core import Core

HEADER = "X-Auth-Token"


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


async def core_of(request: Request) -> Core:
    # Plain functions are run in a thread, which costs more than all that this one does.
    found: Core = request.app.state.core
    return found


CoreDep = Annotated[Core, Depends(core_of)]


class SecretKey(APIKeyHeader):
    """A key in the header, as the document says; refused in this dialect's words."""

    async def __call__(self, request: Request) -> str:  # type: ignore[override]
        """
        Raises:
            BadToken: none, or a text that is no key.
        """
        secret = request.headers.get(HEADER, "").strip()
        if not secret:
            raise BadToken("missing")
        try:
            UUID(secret)
        except ValueError:
            raise BadToken("malformed") from None
        return secret


SecretDep = Annotated[str, Security(SecretKey(name=HEADER, description="A secret key, as it stands."))]


async def caller(core: CoreDep, secret: SecretDep) -> Caller:
    """
    Raises:
        BadToken: unknown, revoked or expired.
        AccountDisabled
    """
    actor, key = await core.accounts.by_secret(secret)
    return Caller(actor=actor.through(DOOR), key=key)


CallerDep = Annotated[Caller, Depends(caller)]
