"""Routes of accounts, and the login."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway.api.answers import answer
from ketway.api.own import wire
from ketway.api.own.requests import actor_of, id_of, page_of, read, texts_asked
from ketway.domain.accounts import Account, AccountId, Actor
from ketway.services.accounts import NewAccount, Welcomed
from ketway.services.core import Core

_Change = Callable[[Actor, AccountId], Awaitable[Account]]


def routes(core: Core) -> list[Route]:
    accounts = Accounts(core)
    change = accounts.change
    return [
        Route("/login", accounts.login, methods=["POST"]),
        Route("/accounts", accounts.list, methods=["GET"]),
        Route("/accounts", accounts.create, methods=["POST"]),
        Route("/accounts/{id:uuid}/password", accounts.reset_password, methods=["POST"]),
        Route("/accounts/{id:uuid}/disable", change(core.accounts.disable), methods=["POST"]),
        Route("/accounts/{id:uuid}/enable", change(core.accounts.enable), methods=["POST"]),
        Route("/accounts/{id:uuid}/superuser", change(core.accounts.make_superuser), methods=["PUT"]),
        Route("/accounts/{id:uuid}/superuser", change(core.accounts.unmake_superuser), methods=["DELETE"]),
    ]


class Accounts:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def login(self, request: Request) -> Response:
        said = await read(request, wire.Login)
        token, life_s = await self._core.accounts.login(said.email, said.password)
        return answer({"token": token, "life_s": life_s})

    async def list(self, request: Request) -> Response:
        """All of them, or the one with an email."""
        actor = await actor_of(self._core, request)
        emails = texts_asked(request, "email")
        if emails:
            found = await self._core.accounts.named(actor, emails[-1])
            return answer({"accounts": [_shown(found)], "total": 1})
        listed = await self._core.accounts.list(actor, page_of(request))
        return answer({"accounts": [_shown(each) for each in listed.items], "total": listed.total})

    async def create(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = await read(request, wire.NewAccount)
        new = NewAccount(**msgspec.structs.asdict(said))
        return _welcome(await self._core.accounts.create(actor, new))

    async def reset_password(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        said = await read(request, wire.NewPassword)
        id = AccountId(id_of(request))
        return _welcome(await self._core.accounts.reset_password(actor, id, said.password))

    def change(self, use_case: _Change) -> Callable[[Request], Awaitable[Response]]:
        """A route that changes one account and says what became of it."""

        async def changed(request: Request) -> Response:
            actor = await actor_of(self._core, request)
            return answer(_shown(await use_case(actor, AccountId(id_of(request)))))

        return changed


def _welcome(welcomed: Welcomed) -> Response:
    return answer(_shown(welcomed.account) | {"password": welcomed.password})


def _shown(account: Account) -> dict[str, Any]:
    return {
        "id": str(account.id),
        "email": account.email,
        "given_name": account.given_name,
        "family_name": account.family_name,
        "is_service": account.is_service,
        "superuser": account.superuser,
        "created_at": account.created_at.isoformat(),
        "disabled_at": account.disabled_at and account.disabled_at.isoformat(),
    }
