"""Logins, tokens and keys through their use cases."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from ketway.domain.accounts import Account, AccountId, Role
from ketway.domain.credentials import ApiKey, WorkerToken, WorkerTokenId, hashed
from ketway.domain.errors import BadCredentials, BadToken, Unknown
from tests.builders import a_key


async def keep_key(world, secret: str, **changes) -> ApiKey:
    plain = {
        "secret_hash": hashed(secret),
        "account_id": world.owner.account_id,
        "project_id": world.project_id,
    }
    key = a_key(**plain | changes)
    async with world.db.work() as work:
        await work.api_keys.add(key)
    return key


async def test_a_person_logs_in_and_is_known_by_the_token(world):
    accounts, credentials = world.core.accounts, world.credentials

    token, life_s = await accounts.login(credentials.username.upper(), credentials.password)
    actor = await accounts.by_token(token)

    assert life_s == 3600
    assert (actor.account_id, actor.roles) == (world.owner.account_id, {world.project_id: Role.ADMIN})
    assert actor.superuser
    assert (await accounts.account(actor.account_id)).email == credentials.username


async def test_a_wrong_half_of_a_login_is_not_told_from_the_other(world):
    for email, password in (
        (world.credentials.username, "wrong"),
        (world.credentials.username, ""),
        ("nobody@ketway", world.credentials.password),
        ("", ""),
    ):
        with pytest.raises(BadCredentials) as refusal:
            await world.core.accounts.login(email, password)
        assert str(refusal.value) == "Wrong email or password."


async def test_an_account_without_a_password_cannot_log_in(world):
    async with world.db.work() as work:
        await work.accounts.add(
            Account(id=AccountId(uuid4()), email="robot@ketway", created_at=world.clock.now())
        )

    for password in ("", "None", "nobody has this password"):
        with pytest.raises(BadCredentials):
            await world.core.accounts.login("robot@ketway", password)


async def test_a_token_expires(world):
    token, life_s = await world.core.accounts.login(world.credentials.username, world.credentials.password)

    world.clock.move(seconds=life_s + 1)

    with pytest.raises(BadToken) as refusal:
        await world.core.accounts.by_token(token)
    assert refusal.value.reason == "expired"


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c"])
async def test_a_token_that_is_none_is_unknown(world, token):
    with pytest.raises(BadToken) as refusal:
        await world.core.accounts.by_token(token)
    assert refusal.value.reason == "unknown"


async def test_a_token_of_an_account_that_is_not_here_is_unknown(world):
    token, _ = world.core.accounts.tokens.issue(AccountId(uuid4()), world.clock.now())

    with pytest.raises(BadToken):
        await world.core.accounts.by_token(token)


async def test_a_key_is_exchanged_for_a_token(world):
    credentials, accounts = world.credentials, world.core.accounts

    token, _ = await accounts.exchange(credentials.access_key, credentials.secret_key)

    assert (await accounts.by_token(token)).account_id == world.owner.account_id


async def test_a_wrong_half_of_a_key_is_refused(world):
    credentials = world.credentials

    for access_key, secret in (
        (credentials.access_key, str(uuid4())),
        ("SCW" + "A" * 17, credentials.secret_key),
        ("", ""),
    ):
        with pytest.raises(BadCredentials):
            await world.core.accounts.exchange(access_key, secret)


async def test_a_secret_key_shows_its_own_project_alone(world):
    stranger, secret = await world.another_project()

    actor, key = await world.core.accounts.by_secret(secret)

    assert actor == stranger
    assert key.project_id in actor.roles
    assert not actor.superuser


async def test_the_key_of_an_operator_is_no_operator(world):
    actor, _ = await world.core.accounts.by_secret(world.credentials.secret_key)

    assert not actor.superuser
    assert actor.roles == {world.project_id: Role.ADMIN}


async def test_an_expired_or_revoked_key_lets_nobody_in(world):
    now = world.clock.now()
    expired = await keep_key(world, "expired", expires_at=now)
    revoked = await keep_key(world, "revoked", revoked_at=now)

    for key, secret in ((expired, "expired"), (revoked, "revoked")):
        with pytest.raises(BadToken):
            await world.core.accounts.by_secret(secret)
        with pytest.raises(BadCredentials):
            await world.core.accounts.exchange(key.access_key, secret)


async def test_a_key_is_good_until_it_expires(world):
    await keep_key(world, "secret", expires_at=world.clock.now() + timedelta(hours=1))

    await world.core.accounts.by_secret("secret")
    world.clock.move(hours=1)

    with pytest.raises(BadToken):
        await world.core.accounts.by_secret("secret")


async def test_a_key_of_a_project_that_its_account_is_not_in_lets_nobody_in(world):
    stranger, _ = await world.another_project()
    (elsewhere,) = stranger.roles
    await keep_key(world, "secret", project_id=elsewhere)

    with pytest.raises(BadToken):
        await world.core.accounts.by_secret("secret")


@pytest.mark.parametrize("secret", ["", "wrong", "ünï", "x" * 10_000])
async def test_an_unknown_secret_lets_nobody_in(world, secret):
    with pytest.raises(BadToken):
        await world.core.accounts.by_secret(secret)
    with pytest.raises(BadToken):
        await world.core.accounts.worker_token(secret)


async def test_a_worker_s_token_opens_nothing_else(world):
    token = world.credentials.worker_token

    assert (await world.core.accounts.worker_token(token)).is_local
    with pytest.raises(BadToken):
        await world.core.accounts.by_secret(token)
    with pytest.raises(BadToken):
        await world.core.accounts.by_token(token)


async def test_a_revoked_worker_s_token_is_refused(world):
    now = world.clock.now()
    async with world.db.work() as work:
        await work.workers.add_token(
            WorkerToken(
                id=WorkerTokenId(uuid4()),
                name="old",
                secret_hash=hashed("old"),
                created_at=now,
                revoked_at=now,
            )
        )

    with pytest.raises(BadToken):
        await world.core.accounts.worker_token("old")


async def test_an_unknown_account_is_unknown(world):
    with pytest.raises(Unknown):
        await world.core.accounts.account(AccountId(uuid4()))
