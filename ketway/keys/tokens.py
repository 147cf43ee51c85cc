"""Access tokens: JWTs signed with this server's own key."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey

from ketway.domain.accounts import AccountId
from ketway.domain.errors import BadToken

_ALGORITHM = "ES256"
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

    def issue(self, account: AccountId, now: datetime) -> tuple[str, int]:
        issued = int(now.timestamp())
        claims = {"iss": ISSUER, "sub": str(account), "iat": issued, "exp": issued + self._life_s}
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key), self._life_s

    def read(self, token: str, now: datetime) -> AccountId:
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
            # `decode` looks at the signature alone; an expired token passes it.
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                iss={"essential": True, "value": ISSUER},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(claims)
            return AccountId(UUID(str(claims["sub"])))
        except ExpiredTokenError:
            raise BadToken("expired") from None
        except (JoseError, ValueError, TypeError):
            raise BadToken("unknown") from None
