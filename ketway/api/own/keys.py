"""Routes of API keys and workers' tokens."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway.api.answers import answer
from ketway.api.own import wire
from ketway.api.own.requests import actor_of, id_asked, id_of, page_of, read
from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.credentials import ApiKey, ApiKeyId, WorkerToken, WorkerTokenId
from ketway.services.core import Core
from ketway.services.keys import HeldKey


def routes(core: Core) -> list[Route]:
    keys = Keys(core)
    return [
        Route("/keys", keys.list, methods=["GET"]),
        Route("/keys", keys.create, methods=["POST"]),
        Route("/keys/{id:uuid}/revoke", keys.revoke, methods=["POST"]),
        Route("/worker-tokens", keys.worker_tokens, methods=["GET"]),
        Route("/worker-tokens", keys.create_worker_token, methods=["POST"]),
        Route("/worker-tokens/{id:uuid}/revoke", keys.revoke_worker_token, methods=["POST"]),
    ]


class Keys:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        account, project = id_asked(request, "account_id"), id_asked(request, "project_id")
        listed = await self._core.keys.list(
            actor,
            page_of(request),
            account_id=AccountId(account) if account else None,
            project_id=ProjectId(project) if project else None,
        )
        return answer({"keys": [_held(each) for each in listed.items], "total": listed.total})

    async def create(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = await read(request, wire.NewKey)
        account, project = AccountId(said.account_id), ProjectId(said.project_id)
        held, secret = await self._core.keys.create(actor, account, project, said.expires_at)
        return answer(_held(held) | {"secret_key": secret})

    async def revoke(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        return answer(_key(await self._core.keys.revoke(actor, ApiKeyId(id_of(request)))))

    async def worker_tokens(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        tokens = await self._core.keys.worker_tokens(actor)
        return answer({"tokens": [_token(token) for token in tokens], "total": len(tokens)})

    async def create_worker_token(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = await read(request, wire.NewWorkerToken)
        token, secret = await self._core.keys.create_worker_token(actor, said.name)
        return answer(_token(token) | {"secret": secret})

    async def revoke_worker_token(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        id = WorkerTokenId(id_of(request))
        return answer(_token(await self._core.keys.revoke_worker_token(actor, id)))


def _held(held: HeldKey) -> dict[str, Any]:
    return _key(held.key) | {"email": held.account.email, "project": held.project.name}


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": str(key.id),
        "access_key": key.access_key,
        "account_id": str(key.account_id),
        "project_id": str(key.project_id),
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at and key.expires_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
    }


def _token(token: WorkerToken) -> dict[str, Any]:
    return {
        "id": str(token.id),
        "name": token.name,
        "is_local": token.is_local,
        "created_at": token.created_at.isoformat(),
        "revoked_at": token.revoked_at and token.revoked_at.isoformat(),
    }
