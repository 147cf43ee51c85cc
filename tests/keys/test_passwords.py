"""Passwords."""

from __future__ import annotations

import asyncio

import pytest

from ketway.keys.passwords import Argon2Hasher


@pytest.fixture(scope="module")
def hasher() -> Argon2Hasher:
    return Argon2Hasher(memory_kib=8, passes=1)


@pytest.mark.parametrize("password", ["correct horse", "", "ünï\U0001f431", "x" * 5000, "a\x00b"])
async def test_the_right_password_is_good_and_a_wrong_one_is_not(hasher, password):
    hashed = await hasher.hash(password)

    assert await hasher.verify(password, hashed)
    assert not await hasher.verify(password + " ", hashed)


async def test_a_hash_tells_nothing_of_the_password_and_is_never_the_same(hasher):
    one, two = await hasher.hash("password"), await hasher.hash("password")

    assert one != two
    assert "password" not in one


async def test_nobody_has_a_good_password(hasher):
    assert not await hasher.verify("nobody has this password", None)
    assert not await hasher.verify("", None)


@pytest.mark.parametrize("hashed", ["", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$broken"])
async def test_a_broken_hash_fits_nothing(hasher, hashed):
    assert not await hasher.verify("password", hashed)


async def test_a_hash_made_with_other_costs_still_fits(hasher):
    hashed = await Argon2Hasher(memory_kib=16, passes=2).hash("password")

    assert await hasher.verify("password", hashed)


async def test_many_logins_at_once_all_get_their_answer(hasher):
    hashed = await hasher.hash("password")

    answers = await asyncio.gather(*[hasher.verify("password", hashed) for _ in range(20)])

    assert answers == [True] * 20


async def test_the_costs_are_those_that_were_meant():
    hashed = await Argon2Hasher().hash("password")

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
