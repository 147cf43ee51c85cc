"""Accounts made, disabled, made superusers; passwords."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ketway.domain.accounts import AccountId
from ketway.domain.errors import (
    AccountDisabled,
    BadCredentials,
    BadField,
    BadToken,
    EmailTaken,
    LastSuperuser,
    NobodyHasEmail,
    NotAllowed,
    Unknown,
)
from ketway.services.accounts import NewAccount
from ketway.services.listing import Page
from tests.builders import ACCOUNT


async def create(world, email="new@here", **changes):
    return await world.core.accounts.create(world.operator, NewAccount(email=email, **changes))


async def log_in(world, email, password):
    token, _ = await world.core.accounts.login(email, password)
    return token


async def test_an_account_gets_a_password_that_is_shown_once_and_works(world):
    made = await create(world, "  Ada@Here ", given_name=" Ada ", family_name="Lovelace")

    actor = await world.core.accounts.by_token(await log_in(world, "ADA@here", made.password))

    assert (made.account.email, made.account.given_name) == ("ada@here", "Ada")
    assert (actor.account_id, actor.roles, actor.superuser) == (made.account.id, {}, False)
    assert len(made.password) >= 20
    assert await world.core.accounts.account(made.account.id) == made.account


async def test_a_password_that_was_given_is_not_said_back(world):
    made = await create(world, password="correct horse")

    assert made.password is None
    await log_in(world, "new@here", "correct horse")


async def test_an_email_in_other_code_points_is_the_same_email(world):
    made = await create(world, "zoe\N{COMBINING DIAERESIS}@here")

    assert made.account.email == "zo\N{LATIN SMALL LETTER E WITH DIAERESIS}@here"
    await log_in(world, "zoe\N{COMBINING DIAERESIS}@here", made.password)
    with pytest.raises(EmailTaken):
        await create(world, "ZO\N{LATIN CAPITAL LETTER E WITH DIAERESIS}@here")


@pytest.mark.parametrize(
    "email",
    [
        *("", " ", "@", "a@", "@b", "nobody", "a@b@c", "a b@c", "a@b c", "a\n@b", "a\x1b[31m@b", "a\x00@b"),
        *("a\u2028@b", "a" * 260 + "@b", "a\ud800@b", "a\u200b@b", "a\u202e@b"),
    ],
    ids=range(17),
)
async def test_an_email_that_cannot_be_is_refused(world, email):
    with pytest.raises(BadField) as refusal:
        await create(world, email)
    assert refusal.value.field == ("email",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"given_name": "a" * 101},
        {"family_name": "a\x07"},
        {"password": "short"},
        {"password": ""},
        {"password": "x" * 1025},
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused_and_nothing_is_kept(world, wrong):
    with pytest.raises(BadField) as refusal:
        await create(world, **wrong)

    assert refusal.value.field == tuple(wrong)
    with pytest.raises(NobodyHasEmail):
        await world.core.accounts.named(world.operator, "new@here")


async def test_an_email_belongs_to_one_account_also_when_two_ask_at_once(world):
    ended = await asyncio.gather(
        *[create(world, email) for email in ("One@here", "one@HERE", "ONE@here")], return_exceptions=True
    )

    assert sum(isinstance(end, EmailTaken) for end in ended) == 2
    listed = await world.core.accounts.list(world.operator, Page())
    assert sorted(account.email for account in listed.items) == ["one@here", "owner@ketway"]


async def test_accounts_are_found_by_email_and_listed_for_operators(world):
    made = await create(world)

    assert await world.core.accounts.named(world.operator, " NEW@here") == made.account
    assert (await world.core.accounts.list(world.operator, Page(limit=1))).total == 2


async def test_a_new_password_ends_the_old_one_and_every_token(world):
    accounts, made = world.core.accounts, await create(world)
    token = await log_in(world, "new@here", made.password)
    world.clock.move(microseconds=1)

    again = await accounts.reset_password(world.operator, made.account.id)

    with pytest.raises(BadToken) as refusal:
        await accounts.by_token(token)
    assert refusal.value.reason == "expired"
    with pytest.raises(BadCredentials):
        await log_in(world, "new@here", made.password)
    await accounts.by_token(await log_in(world, "new@here", again.password))


async def test_a_login_that_a_new_password_overtakes_opens_nothing(world):
    made = await create(world)

    class Slow:
        async def verify(self, password, hashed):
            good = await world.core.accounts.hasher.verify(password, hashed)
            world.clock.move(microseconds=1)
            await world.core.accounts.reset_password(world.operator, made.account.id)
            world.clock.move(microseconds=1)
            return good

    token, _ = await replace(world.core.accounts, hasher=Slow()).login("new@here", made.password)

    with pytest.raises(BadToken):
        await world.core.accounts.by_token(token)


async def test_a_password_may_be_chosen(world):
    made = await create(world)

    assert (
        await world.core.accounts.reset_password(world.operator, made.account.id, "of my own")
    ).password is None
    await log_in(world, "new@here", "of my own")
    with pytest.raises(BadField):
        await world.core.accounts.reset_password(world.operator, made.account.id, "short")


async def test_a_disabled_account_comes_in_by_no_way(world):
    accounts, credentials = world.core.accounts, world.credentials
    await create(world, "second@here", superuser=True)
    token = await log_in(world, credentials.username, credentials.password)
    given, _ = await accounts.exchange(credentials.access_key, credentials.secret_key)

    await accounts.disable(world.operator, world.owner.account_id)

    for way in (
        log_in(world, credentials.username, credentials.password),
        accounts.exchange(credentials.access_key, credentials.secret_key),
        accounts.by_secret(credentials.secret_key),
        accounts.by_token(token),
        accounts.by_token(given),
    ):
        with pytest.raises(AccountDisabled):
            await way


async def test_a_wrong_password_does_not_tell_that_an_account_is_disabled(world):
    made = await create(world)
    await world.core.accounts.disable(world.operator, made.account.id)

    with pytest.raises(BadCredentials):
        await log_in(world, "new@here", "wrong password")


async def test_an_account_that_is_enabled_again_must_log_in_again(world):
    accounts, made = world.core.accounts, await create(world)
    token = await log_in(world, "new@here", made.password)
    world.clock.move(seconds=1)
    await accounts.disable(world.operator, made.account.id)
    await accounts.disable(world.operator, made.account.id)

    enabled = await accounts.enable(world.operator, made.account.id)

    assert enabled.is_enabled
    with pytest.raises(BadToken):
        await accounts.by_token(token)
    await accounts.by_token(await log_in(world, "new@here", made.password))


async def test_a_superuser_is_made_and_unmade_at_once_for_tokens_that_live(world):
    accounts, made = world.core.accounts, await create(world)
    token = await log_in(world, "new@here", made.password)

    await accounts.make_superuser(world.operator, made.account.id)
    assert (await accounts.by_token(token)).superuser
    await accounts.unmake_superuser(world.operator, made.account.id)
    assert not (await accounts.by_token(token)).superuser


async def test_a_server_keeps_an_enabled_superuser(world):
    accounts = world.core.accounts
    made = await create(world, superuser=True)
    await accounts.disable(world.operator, made.account.id)

    for end in (accounts.disable, accounts.unmake_superuser):
        with pytest.raises(LastSuperuser):
            await end(world.operator, world.owner.account_id)

    kept = await accounts.account(world.owner.account_id)
    assert (kept.superuser, kept.is_enabled) == (True, True)
    await accounts.unmake_superuser(world.operator, made.account.id)


async def test_of_two_superusers_who_disable_each_other_at_once_one_remains(world):
    accounts = world.core.accounts
    second = (await create(world, superuser=True)).account
    other = replace(world.operator, account_id=second.id)

    ended = await asyncio.gather(
        accounts.disable(world.operator, second.id),
        accounts.disable(other, world.owner.account_id),
        return_exceptions=True,
    )

    assert sum(isinstance(end, LastSuperuser) for end in ended) == 1


async def test_operators_alone_manage_accounts(world):
    accounts, id = world.core.accounts, world.owner.account_id

    for chore in (
        accounts.create(world.owner, NewAccount(email="new@here")),
        accounts.list(world.owner, Page()),
        accounts.named(world.owner, "owner@ketway"),
        accounts.reset_password(world.owner, id),
        accounts.disable(world.owner, id),
        accounts.enable(world.owner, id),
        accounts.make_superuser(world.owner, id),
        accounts.unmake_superuser(world.owner, id),
    ):
        with pytest.raises(NotAllowed):
            await chore


async def test_an_account_that_is_not_here_is_unknown(world):
    accounts = world.core.accounts

    for chore in (
        accounts.reset_password,
        accounts.disable,
        accounts.enable,
        accounts.make_superuser,
        accounts.unmake_superuser,
    ):
        with pytest.raises(Unknown):
            await chore(world.operator, AccountId(ACCOUNT))
