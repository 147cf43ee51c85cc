"""What the stores of accounts and API keys promise."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from ketway.domain.accounts import AccountId, Role
from ketway.domain.credentials import ApiKeyId
from ketway.domain.errors import Stale
from ketway.services.listing import Page
from tests.builders import ACCOUNT, NOON, PROJECT, a_key, a_membership, an_account
from tests.contracts.rows import ELSEWHERE, SOMEBODY, after


async def keep(db, *accounts):
    async with db.work() as work:
        for account in accounts:
            await work.accounts.add(account)


async def test_an_account_is_found_by_id_and_by_email_in_any_case(db):
    account = an_account(
        email="Somebody@Here",
        created_at=after(microseconds=1),
        password_hash="hash",
        superuser=True,
        given_name="Zoë",
        family_name="O'Neill \N{SNOWMAN}",
        is_service=True,
        disabled_at=after(hours=1),
        tokens_from=after(hours=1, microseconds=7),
    )

    await keep(db, account)

    kept = replace(account, email="somebody@here")
    async with db.look() as work:
        assert await work.accounts.get(account.id) == kept
        assert await work.accounts.by_email("SOMEBODY@here") == kept
        assert await work.accounts.by_email("nobody@here") is None
        assert await work.accounts.get(AccountId(uuid4())) is None


async def test_an_account_comes_with_what_it_is_in_each_project(db):
    account = an_account(email="somebody@here")
    await keep(db, account)

    async with db.work() as work:
        assert await work.accounts.with_roles(account.id) == (account, {})
        await work.projects.add_member(a_membership(account.id, PROJECT, Role.ADMIN))
        await work.projects.add_member(a_membership(account.id, ELSEWHERE, Role.MEMBER))

        found = await work.accounts.with_roles(account.id)

        assert found == (account, {PROJECT: Role.ADMIN, ELSEWHERE: Role.MEMBER})
        assert await work.accounts.with_roles(AccountId(uuid4())) is None


async def test_an_email_belongs_to_one_account(db):
    await keep(db, an_account(email="one@here"))

    with pytest.raises(Stale):
        await keep(db, an_account(email="ONE@here"))


async def test_an_account_cannot_take_the_email_of_another(db):
    one, two = an_account(email="one@here"), an_account(email="two@here")
    await keep(db, one, two)

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.accounts.put(replace(two, email="one@here"))


async def test_a_changed_account_is_read_changed(db):
    async with db.work() as work:
        account = await work.accounts.get(ACCOUNT)
        await work.accounts.put(replace(account, password_hash="new", email="New@Here"))

    async with db.look() as work:
        assert await work.accounts.get(ACCOUNT) == replace(account, password_hash="new", email="new@here")


async def test_accounts_are_found_by_many_ids(db):
    async with db.look() as work:
        found = await work.accounts.of([ACCOUNT, SOMEBODY, ACCOUNT, AccountId(uuid4())])

        assert found.keys() == {ACCOUNT, SOMEBODY}
        assert found[ACCOUNT].id == ACCOUNT
        assert await work.accounts.of([]) == {}


async def test_accounts_are_listed_in_pages(db):
    accounts = [an_account(created_at=after(hours=hour)) for hour in (1, 2, 3)]
    await keep(db, *accounts)

    async with db.look() as work:
        first = await work.accounts.list(Page(limit=2))
        rest = await work.accounts.list(Page(limit=10, offset=2))

    assert [account.id for account in first.items] == [accounts[2].id, accounts[1].id]
    assert [account.id for account in rest.items] == [accounts[0].id, SOMEBODY, ACCOUNT]
    assert (first.total, rest.total) == (5, 5)


async def test_only_enabled_superusers_count(db):
    await keep(
        db,
        an_account(superuser=True),
        an_account(superuser=True, disabled_at=NOON),
        an_account(),
    )

    async with db.look() as work:
        assert await work.accounts.count_superusers() == 1


async def test_an_api_key_is_found_by_id_and_by_the_hash_of_its_secret(db):
    key = a_key(expires_at=after(hours=1), revoked_at=after(hours=2))

    async with db.work() as work:
        await work.api_keys.add(key)

    async with db.look() as work:
        assert await work.api_keys.hashed(key.secret_hash) == key
        assert await work.api_keys.get(key.id) == key
        assert await work.api_keys.hashed("other") is None
        assert await work.api_keys.get(ApiKeyId(uuid4())) is None


@pytest.mark.parametrize("shared", ["access_key", "secret_hash"])
async def test_two_api_keys_share_nothing(db, shared):
    async with db.work() as work:
        await work.api_keys.add(a_key(**{shared: "same"}))

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.api_keys.add(a_key(**{shared: "same"}))


async def test_a_key_of_nobody_or_of_nothing_is_refused(db):
    for wrong in ({"account_id": uuid4()}, {"project_id": uuid4()}):
        with pytest.raises(Stale):
            async with db.work() as work:
                await work.api_keys.add(a_key(**wrong))


async def test_api_keys_are_listed_by_account_and_project_and_changed(db):
    mine = a_key(created_at=after(hours=1))
    elsewhere = a_key(project_id=ELSEWHERE)
    theirs = a_key(account_id=SOMEBODY, created_at=after(hours=-1))
    async with db.work() as work:
        for key in (mine, elsewhere, theirs):
            await work.api_keys.add(key)
        await work.api_keys.put(mine.revoke(after(hours=2)))

    revoked = replace(mine, revoked_at=after(hours=2))
    async with db.look() as work:
        assert (await work.api_keys.list(Page())).items == [revoked, elsewhere, theirs]
        assert (await work.api_keys.list(Page(), account=ACCOUNT)).items == [revoked, elsewhere]
        assert (await work.api_keys.list(Page(), project=PROJECT)).items == [revoked, theirs]
        both = await work.api_keys.list(Page(limit=1), account=ACCOUNT, project=PROJECT)
    assert (both.items, both.total) == ([revoked], 1)
