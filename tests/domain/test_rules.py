"""The smaller rules: platforms, programs, results, refusals."""

from __future__ import annotations

import hashlib
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain import errors
from ketway.domain.errors import BRANCHES, Refusal, ShotsMissing, ShotsOverLimit
from ketway.domain.platforms import platform_id
from ketway.domain.programs import checksum
from ketway.domain.results import MAX_COUNTS_SHOWN, shown
from tests.builders import a_platform, a_program

REFUSALS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Refusal)]


def test_a_platform_that_assumes_nothing_needs_a_number_of_shots():
    machine = a_platform(needs_shots=True, max_shots=500)

    with pytest.raises(ShotsMissing, match="from 1 to 500"):
        machine.accept_shots(None)
    machine.accept_shots(500)
    a_platform().accept_shots(None)


def test_a_machine_is_held_for_its_shots_and_anything_else_for_no_time():
    assert a_platform(shots_per_s=5.0).hold_s(100) == 20.0
    assert a_platform(shots_per_s=float("inf")).hold_s(100) == 0.0
    assert a_platform(shots_per_s=5.0).hold_s(None) == 0.0
    assert a_platform().hold_s(100) == 0.0


def test_a_platform_takes_up_to_its_limit_of_shots():
    platform = a_platform(max_shots=1000)

    platform.accept_shots(None)
    platform.accept_shots(1000)
    with pytest.raises(ShotsOverLimit) as refusal:
        platform.accept_shots(1001)
    assert "1001" in str(refusal.value)
    assert "1000" in str(refusal.value)


def test_a_platform_has_the_same_id_on_every_server():
    assert platform_id("EMU_FREE") == platform_id("EMU_FREE") != platform_id("EMU_SV")


def test_the_same_text_lies_in_the_same_place():
    assert a_program("x").key == a_program("x").key != a_program("y").key
    assert checksum(b"x") == hashlib.sha256(b"x").hexdigest()


@given(st.dictionaries(st.text(), st.integers(0, 10**6)))
def test_the_commonest_outcomes_are_shown_first(counts):
    found = shown(counts)

    assert found.items() <= counts.items()
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_only_so_many_outcomes_are_shown():
    found = shown({f"{number:b}": number for number in range(2000)})

    assert len(found) == MAX_COUNTS_SHOWN
    assert min(found.values()) == 2000 - MAX_COUNTS_SHOWN


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_stands_under_one_branch(kind):
    if kind is not Refusal:
        assert sum(issubclass(kind, branch) for branch in BRANCHES) == 1
