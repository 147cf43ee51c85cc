"""Keys and workers' tokens: made, listed, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import uuid4

import pytest

from ketway.domain.accounts import AccountId, ProjectId, Role
from ketway.domain.credentials import ApiKeyId, WorkerTokenId
from ketway.domain.errors import BadCredentials, BadField, BadToken, NotAllowed, NotAMember, Unknown
from ketway.services.accounts import NewAccount
from ketway.services.listing import Page


async def a_colleague(world, email="colleague@here"):
    made = await world.core.accounts.create(world.operator, NewAccount(email=email))
    await world.core.projects.add_member(world.owner, world.project_id, email, Role.MEMBER)
    return made.account


async def test_a_key_opens_its_project_for_its_account(world):
    colleague = await a_colleague(world)

    held, secret = await world.core.keys.create(world.operator, colleague.id, world.project_id)

    actor, key = await world.core.accounts.by_secret(secret)
    assert (actor.account_id, actor.roles) == (colleague.id, {world.project_id: Role.MEMBER})
    assert (key, held.account, held.project.name) == (held.key, colleague, "first project")
    token, _ = await world.core.accounts.exchange(key.access_key, secret)
    assert await world.core.accounts.by_token(token) == actor


async def test_a_token_given_for_a_key_opens_no_more_than_the_key(world):
    accounts = world.core.accounts
    elsewhere, _ = await world.another_project()
    (other,) = elsewhere.roles
    await world.core.projects.add_member(world.operator, other, "owner@ketway", Role.ADMIN)

    token, _ = await accounts.exchange(world.credentials.access_key, world.credentials.secret_key)

    actor = await accounts.by_token(token)
    assert actor.roles == {world.project_id: Role.ADMIN}
    assert not actor.superuser


async def test_a_revoked_key_lets_nobody_in_nor_do_its_tokens(world):
    accounts, credentials = world.core.accounts, world.credentials
    _, key = await accounts.by_secret(credentials.secret_key)
    token, _ = await accounts.exchange(credentials.access_key, credentials.secret_key)

    revoked = await world.core.keys.revoke(world.operator, key.id)
    world.clock.move(seconds=1)

    assert await world.core.keys.revoke(world.operator, key.id) == revoked
    with pytest.raises(BadToken):
        await accounts.by_secret(credentials.secret_key)
    with pytest.raises(BadToken):
        await accounts.by_token(token)
    with pytest.raises(BadCredentials):
        await accounts.exchange(credentials.access_key, credentials.secret_key)


async def test_a_key_expires_and_so_do_its_tokens(world):
    until = world.clock.now() + timedelta(minutes=5)
    held, secret = await world.core.keys.create(
        world.operator, world.owner.account_id, world.project_id, until
    )
    token, _ = await world.core.accounts.exchange(held.key.access_key, secret)

    world.clock.move(minutes=5)

    with pytest.raises(BadToken):
        await world.core.accounts.by_secret(secret)
    with pytest.raises(BadToken):
        await world.core.accounts.by_token(token)


async def test_whoever_leaves_a_project_takes_no_key_of_it_along(world):
    colleague = await a_colleague(world)
    held, secret = await world.core.keys.create(world.operator, colleague.id, world.project_id)
    token, _ = await world.core.accounts.exchange(held.key.access_key, secret)

    await world.core.projects.remove_member(world.owner, world.project_id, colleague.id)

    with pytest.raises(BadToken):
        await world.core.accounts.by_secret(secret)
    with pytest.raises(BadToken):
        await world.core.accounts.by_token(token)


async def test_a_key_that_would_open_nothing_is_refused(world):
    keys, operator, me = world.core.keys, world.operator, world.owner.account_id
    elsewhere, _ = await world.another_project()
    (other,) = elsewhere.roles

    with pytest.raises(NotAMember):
        await keys.create(operator, me, other)
    with pytest.raises(Unknown):
        await keys.create(operator, me, ProjectId(uuid4()))
    with pytest.raises(Unknown):
        await keys.create(operator, AccountId(uuid4()), world.project_id)
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-23)))
    for end in (world.clock.now(), datetime.min.replace(tzinfo=timezone(timedelta(hours=23))), last):
        with pytest.raises(BadField):
            await keys.create(operator, me, world.project_id, end)


async def test_keys_are_listed_with_whose_they_are(world):
    colleague = await a_colleague(world)
    world.clock.move(seconds=1)
    held, _ = await world.core.keys.create(world.operator, colleague.id, world.project_id)

    everything = await world.core.keys.list(world.operator, Page())
    theirs = await world.core.keys.list(world.operator, Page(), account_id=colleague.id)
    none = await world.core.keys.list(world.operator, Page(), project_id=ProjectId(uuid4()))

    assert [found.account.email for found in everything.items] == ["colleague@here", "owner@ketway"]
    assert (theirs.items, theirs.total) == ([held], 1)
    assert none.total == 0


async def test_a_worker_s_token_is_made_listed_and_revoked(world):
    keys, accounts = world.core.keys, world.core.accounts
    world.clock.move(seconds=1)

    token, secret = await keys.create_worker_token(world.operator, "lab")

    assert await accounts.worker_token(secret) == token
    assert [found.name for found in await keys.worker_tokens(world.operator)] == ["local", "lab"]
    await keys.revoke_worker_token(world.operator, token.id)
    with pytest.raises(BadToken):
        await accounts.worker_token(secret)
    with pytest.raises(BadField):
        await keys.create_worker_token(world.operator, " ")


async def test_operators_alone_manage_keys(world):
    keys, me = world.core.keys, world.owner

    for chore in (
        keys.create(me, me.account_id, world.project_id),
        keys.list(me, Page()),
        keys.revoke(me, ApiKeyId(uuid4())),
        keys.create_worker_token(me, "lab"),
        keys.worker_tokens(me),
        keys.revoke_worker_token(me, WorkerTokenId(uuid4())),
    ):
        with pytest.raises(NotAllowed):
            await chore


async def test_a_key_or_token_that_is_not_here_is_unknown(world):
    with pytest.raises(Unknown):
        await world.core.keys.revoke(world.operator, ApiKeyId(uuid4()))
    with pytest.raises(Unknown):
        await world.core.keys.revoke_worker_token(world.operator, WorkerTokenId(uuid4()))
