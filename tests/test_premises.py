"""Servers that share a database share its folder, and tell a stranger why it cannot start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from pydantic import ValidationError

from ketway.bootstrap import open_server
from ketway.domain.errors import StoreBusy
from ketway.domain.requests import Asked, RequestId
from ketway.fleet.local import worker_environment
from ketway.premises import CannotStart, Premises, open_premises, repeating
from ketway.settings import Settings
from tests.postgres import Postgres


@pytest.fixture
async def url(postgres: Postgres) -> AsyncIterator[str]:
    async with postgres.empty() as made:
        yield made


def settings(folder: Path, url: str | None) -> Settings:
    return Settings.model_validate({"data": folder, "database": url})


async def test_servers_that_start_at_once_on_an_empty_database_share_their_keys(tmp_path, url):
    async def key_of(premises: Premises, fresh: str) -> str:
        return await premises.key("token", lambda: fresh)

    async def started(number: int) -> str:
        async with open_premises(settings(tmp_path, url)) as premises:
            assert not premises.is_alone
            return await key_of(premises, f"key {number}")

    keys = await asyncio.gather(*[started(number) for number in range(3)])

    assert len(set(keys)) == 1


async def test_a_server_with_another_folder_is_told_which_one_the_database_belongs_to(tmp_path, url):
    async with open_premises(settings(tmp_path / "one", url)):
        with pytest.raises(CannotStart, match="another data folder"):
            async with open_premises(settings(tmp_path / "two", url)):
                pass


async def test_a_folder_is_not_shared_with_a_server_that_has_a_database_of_its_own(tmp_path, url):
    async with open_premises(settings(tmp_path, url)):
        with pytest.raises(CannotStart, match="Another ketway"):
            async with open_premises(settings(tmp_path, None)):
                pass

    async with open_premises(settings(tmp_path, None)) as premises:
        assert premises.is_alone
        with pytest.raises(CannotStart, match="Another ketway"):
            async with open_premises(settings(tmp_path, url)):
                pass


async def test_a_server_hears_once_of_those_that_died_and_of_none_that_lives_or_has_ended(tmp_path, url):
    async with open_premises(settings(tmp_path, url)) as ended:
        pass
    async with open_premises(settings(tmp_path, url)) as alive:
        (tmp_path / "runs" / "dead").touch()  # as if nobody held it any more
        async with open_premises(settings(tmp_path, url)) as second:
            heard = second.dead
        async with open_premises(settings(tmp_path, url)) as third:
            assert third.dead == []

    assert heard == ["dead"]
    assert len({ended.server, alive.server, second.server}) == 3
    assert [*(tmp_path / "runs").iterdir()] == []


async def test_a_database_that_is_not_there_is_named_without_its_password(tmp_path):
    with pytest.raises(CannotStart) as refusal:
        async with open_premises(settings(tmp_path, "postgresql://me:secret@127.0.0.1:1/ketway")):
            pass

    assert "secret" not in str(refusal.value)


async def test_a_database_that_takes_nothing_is_told_in_a_sentence(tmp_path, postgres):
    async with postgres.migrated() as url:
        await _only_read(url)

        with pytest.raises(CannotStart, match=r"cannot be used now: .*read-only transaction"):
            async with open_server(settings(tmp_path, url), "http://127.0.0.1:1"):
                pass


async def _only_read(url: str) -> None:
    """As one that stands by for another is."""
    connection = await asyncpg.connect(url)
    try:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    finally:
        await connection.close()


def test_the_password_of_the_database_is_in_no_words_about_the_settings(tmp_path):
    kept = settings(tmp_path, "postgresql://me:secret@here/ketway")

    assert "secret" not in f"{kept!r} {kept} {kept.model_dump_json()}"
    with pytest.raises(ValidationError) as refusal:
        settings(tmp_path, "mysql://me:secret@here/ketway")
    assert [error["msg"] for error in refusal.value.errors()] == [
        "Value error, must begin with postgresql://"
    ]
    assert "secret" not in str(refusal.value)


def test_a_worker_is_not_handed_the_database(tmp_path):
    handed = worker_environment({"PATH": "/bin", "KETWAY_DATABASE": "postgresql://me:secret@here/ketway"})

    assert handed == {"PATH": "/bin"}


async def test_what_is_repeated_goes_on_after_a_round_that_was_put_off_or_broke():
    ends, rounds = [StoreBusy("full"), RuntimeError("a bug"), None], asyncio.Queue[str]()

    async def do() -> None:
        end = ends.pop(0) if ends else None
        await rounds.put("broke" if end else "went well")
        if end is not None:
            raise end

    async with repeating(do, 0.0):
        assert [await rounds.get() for _ in range(4)] == ["broke", "broke", "went well", "went well"]


async def test_a_server_that_stops_in_peace_leaves_no_answered_request_to_be_repeated(tmp_path):
    async with open_server(settings(tmp_path, None), "http://here") as opened:
        core, credentials = opened.core, opened.credentials
        token, _ = await core.accounts.login(credentials.username, credentials.password)
        caller = (await core.accounts.by_token(token)).account_id
        asked = Asked(id=RequestId(uuid4()), caller_id=caller, route="POST /", digest="same")
        async with core.requests.db.work() as work:
            await core.requests.remember(work, asked, "made")
        await core.requests.answered(asked)

    async with open_server(settings(tmp_path, None), "http://here") as opened:
        again = replace(asked, id=RequestId(uuid4()))
        async with opened.core.requests.db.look() as work:
            assert await opened.core.requests.repeated(work, again) is None
