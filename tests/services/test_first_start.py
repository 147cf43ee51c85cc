"""What the first start makes, and what a second one mends."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from ketway.domain.accounts import Role
from ketway.domain.errors import BadCredentials, BadToken
from ketway.services.accounts import NewAccount
from tests.services.steps import PLATFORMS
from tests.worlds import a_world


async def test_the_first_credentials_have_the_form_that_clients_expect(world):
    credentials = world.credentials

    assert re.fullmatch(r"SCW[A-Z0-9]{17}", credentials.access_key)
    assert str(UUID(credentials.secret_key)) == credentials.secret_key
    assert len(credentials.password) >= 20
    assert len(credentials.worker_token) >= 40


async def test_no_secret_is_kept_as_it_is(tmp_path):
    async with a_world(tmp_path, catalogue=PLATFORMS) as world:
        kept = b"".join(file.read_bytes() for file in tmp_path.glob("ketway.db*"))

    for secret in (
        world.credentials.password,
        world.credentials.secret_key,
        world.credentials.worker_token,
    ):
        assert secret.encode() not in kept


async def set_up_again(world):
    return await world.core.first_start.set_up("owner@ketway", "another", "local")


async def test_an_owner_who_is_there_already_gets_new_secrets_for_the_same_project(world):
    old, _ = await world.core.accounts.login(world.credentials.username, world.credentials.password)
    world.clock.move(seconds=1)

    new = await set_up_again(world)

    assert new.project_id == world.project_id
    assert (await world.core.accounts.by_secret(new.secret_key))[0].roles == world.owner.roles
    with pytest.raises(BadCredentials):
        await world.core.accounts.login(new.username, world.credentials.password)
    with pytest.raises(BadToken):
        await world.core.accounts.by_token(old)


async def test_an_owner_who_was_put_out_operates_again(world):
    accounts = world.core.accounts
    await accounts.create(world.operator, NewAccount(email="second@here", superuser=True))
    await accounts.disable(world.operator, world.owner.account_id)
    await accounts.unmake_superuser(world.operator, world.owner.account_id)

    new = await set_up_again(world)

    token, _ = await accounts.login(new.username, new.password)
    assert (await accounts.by_token(token)).superuser


async def test_an_owner_without_a_project_gets_a_new_one(world):
    await world.core.accounts.create(world.operator, NewAccount(email="second@here"))
    await world.core.projects.add_member(world.owner, world.project_id, "second@here", Role.ADMIN)
    await world.core.projects.remove_member(world.owner, world.project_id, world.owner.account_id)

    new = await set_up_again(world)

    assert new.project_id != world.project_id
    actor, _ = await world.core.accounts.by_secret(new.secret_key)
    assert actor.roles == {new.project_id: Role.ADMIN}
