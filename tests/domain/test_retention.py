from __future__ import annotations

from datetime import timedelta

import pytest

from ketway.domain.errors import BadField
from ketway.domain.retention import FOR_EVER, Retention, of_project, said
from tests.builders import NOON

AGO = NOON - timedelta(days=3)


@pytest.mark.parametrize(
    ("rules", "newest_since", "bound"),
    [
        (FOR_EVER, None, None),
        (Retention(days=7), None, NOON - timedelta(days=7)),
        (Retention(days=0), None, NOON),
        (Retention(newest=5), AGO, AGO),
        (Retention(newest=0), None, NOON),
        (Retention(days=7, newest=5), AGO, NOON - timedelta(days=7)),
        (Retention(days=1, newest=5), AGO, AGO),
        # There are no five: each is among the newest.
        (Retention(newest=5), None, None),
        (Retention(days=1, newest=5), None, None),
        (Retention(days=1, newest=0), None, NOON - timedelta(days=1)),
    ],
)
def test_what_no_rule_keeps_is_due(rules, newest_since, bound):
    assert rules.bound(NOON, newest_since) == bound


def test_a_project_has_the_servers_rules_but_for_its_own():
    server = Retention(days=30, newest=100)

    assert of_project(server, {}) == server
    assert of_project(server, said({"days": "none"})) == Retention(newest=100)
    assert of_project(server, said({"days": 7, "newest": None})) == Retention(days=7)


@pytest.mark.parametrize("word", ["-1", "1.5", "many", True, 10**7, "", "١"])
def test_a_rule_is_a_whole_number_or_none(word):
    with pytest.raises(BadField, match="whole number"):
        said({"days": word})


def test_a_rule_that_there_is_not_is_refused():
    with pytest.raises(BadField, match="is no rule"):
        said({"bytes": 1})
