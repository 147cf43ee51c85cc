"""Who is asking, and where tokens come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import HTTPBearer
from starlette.responses import JSONResponse, Response

from ketway.api.bodies import must_have_no_nul, parse, read_body
from ketway.api.faults import Refusing
from ketway.api.pasqal import errors, translate
from ketway.domain.accounts import Actor
from ketway.domain.errors import BadField, BadToken, Malformed, Refusal, Unauthenticated, Unavailable
from ketway.services.core import Core

router = APIRouter()

_MAX_LOGIN_BYTES = 64 * 1024
_MAX_LOGIN_FIELDS = 50
_JWT_DOTS = 2
_PASSWORD_GRANTS = ("password", "http://auth0.com/oauth/grant-type/password-realm")


async def core_of(request: Request) -> Core:
    # Plain functions are run in a thread, which costs more than all that this one does.
    core: Core = request.app.state.core
    return core


CoreDep = Annotated[Core, Depends(core_of)]


class Bearer(HTTPBearer):
    """A token in the header, as the document says; refused in this dialect's words."""

    async def __call__(self, request: Request) -> str:  # type: ignore[override]
        """
        Raises:
            BadToken: there is none.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise BadToken("missing")
        return token.strip()


TokenDep = Annotated[str, Security(Bearer(description="From `/oauth/token`, or a secret key as it stands."))]


async def actor_of(token: TokenDep, core: CoreDep) -> Actor:
    """Whose token it is: one that was given at login, or a secret key as it stands.

    Raises:
        BadToken: none, unknown or expired.
        AccountDisabled
    """
    if token.count(".") == _JWT_DOTS:
        actor = await core.accounts.by_token(token)
    else:
        actor, _ = await core.accounts.by_secret(token)
    return actor.through(translate.DOOR, translate.OVH)


ActorDep = Annotated[Actor, Depends(actor_of)]


@router.post("/token")
async def token(request: Request, core: CoreDep) -> Response:
    """Log in with a password, or with a key as `client_credentials`; form or JSON.

    Answers in OAuth's words, not in this dialect's. Any client id, realm and audience will do.
    """
    try:
        said = await _said(request)
        granted, life_s = await _grant(core, said)
    except Unauthenticated as wrong:
        return _deny(401, "invalid_grant", str(wrong))
    except BadField as wrong:
        reason = "invalid_request" if wrong.reason in ("required", "format") else "unsupported_grant_type"
        return _deny(400, reason, str(wrong))
    except Unavailable as busy:
        return _deny(503, "temporarily_unavailable", str(busy))
    except Refusal as refusal:
        return _deny(errors.status_of(refusal), "invalid_request", str(refusal))
    answer = {"access_token": granted, "token_type": "Bearer", "expires_in": life_s, "scope": "openid"}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def _said(request: Request) -> Mapping[str, Any]:
    """SDKs up to 0.20.8 send JSON, later ones a form."""
    body = await read_body(request, limit=_MAX_LOGIN_BYTES)
    if not request.headers.get("content-type", "").startswith("application/json"):
        try:
            return dict(parse_qsl(body.decode(errors="replace"), max_num_fields=_MAX_LOGIN_FIELDS))
        except ValueError:
            raise Malformed(f"A login has at most {_MAX_LOGIN_FIELDS} fields.") from None
    said = parse(body)
    if not isinstance(said, dict):
        raise Malformed("A login is a JSON object.")
    return said


async def _grant(core: Core, said: Mapping[str, Any]) -> tuple[str, int]:
    grant = _word(said, "grant_type")
    if grant in _PASSWORD_GRANTS:
        return await core.accounts.login(_word(said, "username"), _word(said, "password"))
    if grant == "client_credentials":
        return await core.accounts.exchange(_word(said, "client_id"), _word(said, "client_secret"))
    raise BadField(("grant_type",), f"'{grant[:80]}' is not offered; use password or client_credentials")


def _word(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise BadField((name,), "is missing", "required")
    must_have_no_nul((name,), value)
    return value


def rehearse(request: Request, refusing: Refusing) -> Response:
    """An error on purpose, of logging in."""
    word = "server_error" if refusing.status == 500 else "temporarily_unavailable"
    return _deny(refusing.status, word, refusing.message, refusing.headers)


def _deny(status: int, error: str, why: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": error, "error_description": why}, status, headers=headers)
