"""Access tokens."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from ketway.domain.accounts import AccountId
from ketway.domain.credentials import ApiKeyId, Claims
from ketway.domain.errors import BadToken
from ketway.keys.tokens import ISSUER, JwtTokens, fresh_key
from tests.builders import ACCOUNT, NOON

KEY = fresh_key()
HOUR = timedelta(hours=1)
TOKENS = JwtTokens(KEY, HOUR)
NOW = int(NOON.timestamp())
CLAIMS = {"iss": ISSUER, "sub": str(ACCOUNT), "iat": NOW, "exp": NOW + 3600}


def signed(claims: dict[str, object], *, key: str = KEY) -> str:
    return jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(json.loads(key)))


def encoded(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def reason_of(token: str, when=NOON) -> str:
    with pytest.raises(BadToken) as refusal:
        TOKENS.read(token, when)
    return refusal.value.reason


def test_a_token_tells_whose_it_is():
    account = AccountId(uuid4())

    token, life_s = TOKENS.issue(account, NOON)

    assert TOKENS.read(token, NOON) == Claims(account_id=account, issued_at=NOON)
    assert life_s == 3600


def test_a_token_tells_for_which_key_it_was_given_and_when_to_the_microsecond():
    key, then = ApiKeyId(uuid4()), NOON + timedelta(microseconds=7)

    token, _ = TOKENS.issue(ACCOUNT, then, key)

    assert TOKENS.read(token, then) == Claims(account_id=ACCOUNT, issued_at=then, key_id=key)


def test_another_process_with_the_same_key_reads_it():
    token, _ = TOKENS.issue(ACCOUNT, NOON)

    assert JwtTokens(KEY, timedelta(minutes=1)).read(token, NOON).account_id == ACCOUNT


def test_a_token_expires_at_the_end_of_its_life():
    token, _ = TOKENS.issue(ACCOUNT, NOON)

    assert TOKENS.read(token, NOON + HOUR - timedelta(seconds=1)).account_id == ACCOUNT
    assert reason_of(token, NOON + HOUR + timedelta(seconds=1)) == "expired"


def test_a_token_of_another_server_is_unknown():
    token, _ = JwtTokens(fresh_key(), HOUR).issue(ACCOUNT, NOON)

    assert reason_of(token) == "unknown"


def test_a_token_without_a_signature_is_unknown():
    for header in ({"alg": "none"}, {"alg": "None"}, {"alg": ""}, {}, {"typ": "JWT"}):
        assert reason_of(f"{encoded(header)}.{encoded(CLAIMS)}.") == "unknown"


def test_the_public_key_is_no_secret_to_sign_with():
    public = json.dumps(ECKey.import_key(json.loads(KEY)).as_dict(private=False))
    token = jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(public))

    assert reason_of(token) == "unknown"


def test_a_changed_token_is_unknown():
    token, _ = TOKENS.issue(ACCOUNT, NOON)
    header, _, signature = token.split(".")
    forged = encoded(CLAIMS | {"sub": str(UUID(int=9))})

    assert reason_of(f"{header}.{forged}.{signature}") == "unknown"


@pytest.mark.parametrize("missing", ["iss", "sub", "exp", "iat"])
def test_a_token_that_lacks_a_claim_is_unknown(missing):
    assert reason_of(signed({name: claim for name, claim in CLAIMS.items() if name != missing})) == "unknown"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "elsewhere"},
        {"sub": "nobody"},
        {"sub": 7},
        {"sub": None},
        {"exp": "soon"},
        {"iss": ["ketway"]},
        {"iat": "noon"},
        {"us": 10**9},
        {"us": "some"},
        {"key": "none"},
        {"key": 7},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_unknown(wrong):
    assert reason_of(signed(CLAIMS | wrong)) == "unknown"


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.b.c.d.e",
        "Bearer x",
        "ünï.cö.de",
        "\x00",
        f"{encoded([])}.{encoded(CLAIMS)}.x",
        f"{encoded('alg')}.{encoded(CLAIMS)}.x",
        f"{encoded({'alg': 7})}.{encoded(CLAIMS)}.x",
        f"{encoded({'alg': ['ES256']})}.{encoded(CLAIMS)}.x",
        f"{encoded({'alg': 'ES256', 'crit': ['exp']})}.{encoded(CLAIMS)}.x",
        f"{encoded({'alg': 'ES256', 'kid': 7})}.{encoded(CLAIMS)}.x",
        f"{encoded({'alg': 'ES256'})}.{encoded([1])}.x",
        f"{encoded(b'[' * 10_000)}.{encoded(CLAIMS)}.x",
        "a" * 100_000,
    ],
    ids=range(18),
)
def test_garbage_is_unknown(garbage):
    assert reason_of(garbage) == "unknown"


@given(st.text() | st.lists(st.text(), min_size=3, max_size=3).map(".".join))
def test_any_text_is_unknown(text):
    assert reason_of(text) == "unknown"


@given(st.lists(st.recursive(st.integers() | st.text(), st.lists).map(encoded), min_size=3, max_size=3))
def test_any_json_is_unknown(parts):
    assert reason_of(".".join(parts)) == "unknown"
