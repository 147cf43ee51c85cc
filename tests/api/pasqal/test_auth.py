from __future__ import annotations

import httpx
import pytest

from ketway.services.accounts import NewAccount
from tests.api.pasqal.worlds import ACCOUNT, CORE
from tests.worlds import World

OAUTH = "/oauth/token"
KEYCLOAK = "/realms/pasqal-cloud/protocol/openid-connect/token"
REALM_GRANT = "http://auth0.com/oauth/grant-type/password-realm"


def a_login(world: World, **changes: str) -> dict[str, str]:
    return {
        "grant_type": REALM_GRANT,
        "client_id": "anything",
        "realm": "pcs-users",
        "audience": "https://apis.pasqal.cloud/account/api/v1",
        "username": world.credentials.username,
        "password": world.credentials.password,
    } | changes


async def opens_the_door(api: httpx.AsyncClient, answer: httpx.Response) -> bool:
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return (await api.get(f"{CORE}/v1/batches", headers=headers)).status_code == 200


@pytest.mark.parametrize("path", [OAUTH, KEYCLOAK])
@pytest.mark.parametrize("grant", [REALM_GRANT, "password"])
async def test_a_password_sent_as_a_form_is_answered_with_a_token(world, anonymous, path, grant):
    answer = await anonymous.post(path, data=a_login(world, grant_type=grant))

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] > 60
    assert answer.headers["cache-control"] == "no-store"
    assert await opens_the_door(anonymous, answer)


async def test_a_password_may_be_sent_as_json_with_an_empty_client_secret(world, anonymous):
    login = a_login(world, client_secret="", scope="openid profile email")

    answer = await anonymous.post(OAUTH, json=login)

    assert answer.status_code == 200
    assert await opens_the_door(anonymous, answer)


async def test_a_key_is_exchanged_for_a_token(world, anonymous):
    said = {
        "grant_type": "client_credentials",
        "client_id": world.credentials.access_key,
        "client_secret": world.credentials.secret_key,
    }

    answer = await anonymous.post(OAUTH, data=said)

    assert answer.status_code == 200
    assert await opens_the_door(anonymous, answer)


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"username": "nobody@nowhere"}])
async def test_a_wrong_login_does_not_say_which_half_was_wrong(world, anonymous, changes):
    answer = await anonymous.post(OAUTH, data=a_login(world, **changes))

    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_grant", "error_description": "Wrong email or password."}


async def test_a_wrong_key_is_denied_in_the_words_of_oauth(world, anonymous):
    said = {
        "grant_type": "client_credentials",
        "client_id": world.credentials.access_key,
        "client_secret": "wrong",
    }

    answer = await anonymous.post(OAUTH, data=said)

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_grant"


async def test_a_disabled_account_is_told_so_in_the_words_of_oauth(world, anonymous):
    made = await world.core.accounts.create(world.operator, NewAccount(email="new@here", password="password"))
    await world.core.accounts.disable(world.operator, made.account.id)

    right = await anonymous.post(OAUTH, data=a_login(world, username="new@here", password="password"))
    wrong = await anonymous.post(OAUTH, data=a_login(world, username="new@here", password="wrong"))

    assert (right.status_code, wrong.status_code) == (401, 401)
    assert "disabled" in right.json()["error_description"]
    assert wrong.json() == {"error": "invalid_grant", "error_description": "Wrong email or password."}


async def test_a_revoked_key_opens_neither_this_door_nor_keeps_its_token(world, anonymous):
    said = {
        "grant_type": "client_credentials",
        "client_id": world.credentials.access_key,
        "client_secret": world.credentials.secret_key,
    }
    given = await anonymous.post(OAUTH, data=said)
    _, key = await world.core.accounts.by_secret(world.credentials.secret_key)

    await world.core.keys.revoke(world.operator, key.id)

    assert not await opens_the_door(anonymous, given)
    assert (await anonymous.post(OAUTH, data=said)).status_code == 401


async def test_a_grant_that_is_not_offered_is_named(world, anonymous):
    answer = await anonymous.post(OAUTH, data=a_login(world, grant_type="authorization_code"))

    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported_grant_type"
    assert "authorization_code" in answer.json()["error_description"]


@pytest.mark.parametrize("missing", ["grant_type", "username", "password"])
async def test_half_a_login_is_an_invalid_request(world, anonymous, missing):
    said = a_login(world)
    del said[missing]

    answer = await anonymous.post(OAUTH, data=said)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert missing in answer.json()["error_description"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"text"', b"\xff\xfe", b'{"grant_type": ["password"]}'], ids=range(5)
)
async def test_a_login_that_cannot_be_read_is_an_oauth_error(anonymous, body):
    answer = await anonymous.post(OAUTH, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


async def test_a_form_with_thousands_of_fields_is_an_invalid_request(anonymous):
    form = "&".join(f"a{n}=1" for n in range(1000))

    answer = await anonymous.post(
        OAUTH, content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


async def test_a_login_of_megabytes_is_the_clients_fault(anonymous):
    answer = await anonymous.post(OAUTH, content=b"a=" + b"b" * 2**20)

    assert answer.status_code == 413
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("header", "word"),
    [
        (None, "No token"),
        ("Bearer", "No token"),
        ("Basic dXNlcjpwYXNz", "No token"),
        ("Bearer not-one-of-ours", "not one of this server's"),
        ("Bearer a.b.c", "not one of this server's"),
        (b"Bearer \xe9.\xe9.\xe9", "not one of this server's"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{CORE}/v1/batches"),
        ("GET", f"{CORE}/v1/batches"),
        ("GET", f"{CORE}/v2/jobs"),
        ("GET", f"{CORE}/v1/devices/specs"),
        ("GET", f"{ACCOUNT}/v1/projects"),
        ("GET", f"{ACCOUNT}/v1/auth/info"),
    ],
)
async def test_nobody_gets_in_without_a_token_of_ours(anonymous, header, word, method, path):
    headers = {} if header is None else {"Authorization": header}

    answer = await anonymous.request(method, path, headers=headers)

    assert answer.status_code == 401
    assert word in answer.json()["data"]["description"]


async def test_an_expired_token_says_to_log_in_again(world, api):
    world.clock.move(hours=2)

    answer = await api.get(f"{CORE}/v1/batches")

    assert answer.status_code == 401
    assert answer.json()["data"]["description"] == "The token has expired; log in again."
