"""Access tokens: JWTs signed with this server's own key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey

from ketway.domain.accounts import AccountId
from ketway.domain.credentials import ApiKeyId, Claims
from ketway.domain.errors import BadToken

_ALGORITHM = "ES256"
_REMEMBERED = 1000
ISSUER = "ketway"


def fresh_key() -> str:
    """A new signing key, as JWK text."""
    return json.dumps(ECKey.generate_key("P-256").as_dict(private=True))


class JwtTokens:
    """The `Tokens` port.

    Args:
        key: as `fresh_key` made it.
        life: of a token.
    """

    def __init__(self, key: str, life: timedelta) -> None:
        self._key = ECKey.import_key(json.loads(key))
        self._life_s = int(life.total_seconds())
        # Whoever comes in comes often, and a signature that was good stays good.
        self._signed = lru_cache(_REMEMBERED)(self._decode)

    def issue(self, account: AccountId, now: datetime, key: ApiKeyId | None = None) -> tuple[str, int]:
        issued = int(now.timestamp())
        claims = {"iss": ISSUER, "sub": str(account), "iat": issued, "exp": issued + self._life_s}
        # Clients want whole seconds; a password may be changed within one.
        claims["us"] = now.microsecond
        if key is not None:
            claims["key"] = str(key)
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key), self._life_s

    def read(self, token: str, now: datetime) -> Claims:
        try:
            claims = self._signed(token)
            # The signature alone was looked at; an expired token passes that.
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                iss={"essential": True, "value": ISSUER},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
            ).validate(claims)
            return _read(claims)
        except ExpiredTokenError:
            raise BadToken("expired") from None
        except (JoseError, ValueError, TypeError, OverflowError):
            raise BadToken("unknown") from None

    def _decode(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims


def _read(claims: dict[str, Any]) -> Claims:
    issued = datetime.fromtimestamp(int(claims["iat"]), UTC)
    key = claims.get("key")
    return Claims(
        account_id=AccountId(UUID(str(claims["sub"]))),
        issued_at=issued.replace(microsecond=int(claims.get("us", 0))),
        key_id=None if key is None else ApiKeyId(UUID(str(key))),
    )
