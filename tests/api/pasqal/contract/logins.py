"""Logins."""

from __future__ import annotations

from dataclasses import replace

from tests.api.pasqal.contract.rows import May, Route
from tests.api.pasqal.stage import Stage
from tests.api.surface.calls import Call, Prepare
from tests.api.surface.schemas import TEXT, WHOLE


def login(grant: str, **more: str) -> Prepare:
    async def prepare(stage: Stage) -> Call:
        kept = stage.world.credentials
        form = {"grant_type": grant, "username": kept.username, "password": kept.password}
        return Call(form=form, **more)  # type: ignore[arg-type]

    return prepare


async def keycloak_login(stage: Stage) -> Call:
    return replace(await login("password")(stage), ids={"realm": "pasqal-cloud"})


async def key_login(stage: Stage) -> Call:
    kept = stage.world.credentials
    form = {"grant_type": "client_credentials", "client_id": kept.access_key}
    return Call(form=form | {"client_secret": kept.secret_key})


TOKEN = {
    "type": "object",
    "properties": {"access_token": TEXT, "token_type": {"const": "Bearer"}, "expires_in": WHOLE},
    "required": ["access_token", "token_type", "expires_in"],
}


def _token(number: str, path: str, call: Prepare) -> Route:
    return Route(number=number, method="POST", path=path, may=May.ANYBODY, call=call, data=TOKEN)


ROUTES: list[Route] = [
    _token("T1", "/oauth/token", login("http://auth0.com/oauth/grant-type/password-realm")),
    _token("T2", "/oauth/token", key_login),
    _token("T3", "/realms/{realm}/protocol/openid-connect/token", keycloak_login),
]
