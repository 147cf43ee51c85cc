"""Keys that let a program in; only their hashes are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType
from uuid import UUID

from ketway.domain.accounts import AccountId, ProjectId

ApiKeyId = NewType("ApiKeyId", UUID)
WorkerTokenId = NewType("WorkerTokenId", UUID)

#: Published clients refuse an access key that is not these three letters and 17 capitals or digits.
ACCESS_KEY_PREFIX = "SCW"
ACCESS_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
ACCESS_KEY_RANDOM_LENGTH = 17


def hashed(secret: str) -> str:
    """SHA-256, hexadecimal; enough for a random secret, never for a password."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A program's way in, on behalf of an account.

    Args:
        access_key: public name of the key.
        secret_hash: SHA-256 of the secret, which is a random UUID.
        project_id: the one project that it opens.
    """

    id: ApiKeyId
    access_key: str
    secret_hash: str
    account_id: AccountId
    project_id: ProjectId
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def revoke(self, now: datetime) -> ApiKey:
        """Revoking twice changes nothing."""
        return self if self.revoked_at is not None else replace(self, revoked_at=now)


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What an access token of this server says.

    Args:
        key_id: the key that it was given for; it opens no more than the key does, and as long.
            None for a password.
    """

    account_id: AccountId
    issued_at: datetime
    key_id: ApiKeyId | None = None


@dataclass(frozen=True, kw_only=True)
class WorkerToken:
    """A worker's way in; good for nothing else.

    Args:
        is_local: the one that `serve` gives to the workers it starts, which die with it.
    """

    id: WorkerTokenId
    name: str
    secret_hash: str
    created_at: datetime
    is_local: bool = False
    revoked_at: datetime | None = None

    def revoke(self, now: datetime) -> WorkerToken:
        """Revoking twice changes nothing."""
        return self if self.revoked_at is not None else replace(self, revoked_at=now)
