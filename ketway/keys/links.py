"""Signed links: whoever has one may fetch one thing until a time."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from ketway.domain.errors import BadToken


def fresh_key() -> str:
    return secrets.token_hex(32)


class LinkSigner:
    """HMAC-SHA256 over what is fetched, under which name, until when."""

    def __init__(self, key: str) -> None:
        self._key = bytes.fromhex(key)

    def sign(self, path: str, *, filename: str, until: datetime) -> str:
        """`path` with the query that proves it."""
        end = str(int(until.timestamp()))
        query = urlencode({"until": end, "name": filename, "proof": self._proof(path, end, filename)})
        return f"{quote(path)}?{query}"

    def check(self, path: str, *, until: str, filename: str, proof: str, now: datetime) -> None:
        """
        Raises:
            BadToken: forged or expired.
        """
        if not hmac.compare_digest(self._proof(path, until, filename).encode(), proof.encode()):
            raise BadToken("unknown")
        if datetime.fromtimestamp(int(until), UTC) < now:
            raise BadToken("expired")

    def _proof(self, *parts: str) -> str:
        # As JSON no part can run into the next.
        return hmac.new(self._key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()
