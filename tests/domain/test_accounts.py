"""Who may do what, and which keys are good."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest

from ketway.domain.accounts import AccountId, Action, Actor, Role
from ketway.domain.credentials import ApiKey, ApiKeyId, hashed
from ketway.domain.errors import NotAllowed
from tests.builders import ACCOUNT, NOON, PROJECT, a_batch, a_job, a_member, a_stranger

ELSE = AccountId(uuid4())


def a_key(**changes) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(uuid4()),
        access_key="SCW",
        secret_hash="",
        account_id=ACCOUNT,
        project_id=PROJECT,
        created_at=NOON,
        **changes,
    )


@pytest.mark.parametrize("action", Action)
def test_the_creator_an_admin_and_a_superuser_may_act(action):
    for thing in (a_job(), a_batch()):
        a_member().must(action, thing)
        a_member(Role.ADMIN, account_id=ELSE).must(action, thing)
        Actor(account_id=ELSE, superuser=True).must(action, thing)


@pytest.mark.parametrize("action", Action)
def test_another_member_or_a_stranger_may_not_and_is_told_what(action):
    for actor in (a_member(account_id=ELSE), a_stranger()):
        with pytest.raises(NotAllowed) as refusal:
            actor.must(action, a_job())
        assert action.value in str(refusal.value)


def test_a_creator_who_left_the_project_may_not():
    assert not Actor(account_id=ACCOUNT).may(a_job())


def test_an_actor_sees_the_projects_they_are_in():
    assert a_member().sees(PROJECT)
    assert not a_stranger().sees(PROJECT)
    assert Actor(account_id=ELSE, superuser=True).sees(PROJECT)


def test_a_key_is_good_until_it_expires_or_is_revoked():
    assert a_key().is_good(NOON)
    assert a_key(expires_at=NOON + timedelta(seconds=1)).is_good(NOON)
    assert not a_key(expires_at=NOON).is_good(NOON)
    assert not a_key(revoked_at=NOON).is_good(NOON)


def test_a_hash_is_that_of_the_utf_8_text():
    assert hashed("ü") == hashlib.sha256(b"\xc3\xbc").hexdigest()
