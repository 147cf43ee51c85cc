"""Quotas: what they are, and what is over them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ketway.domain.errors import BadField
from ketway.domain.prices import FREE, Prices
from ketway.domain.quota_errors import QuotaExceeded
from ketway.domain.quotas import (
    NAMES,
    NO_QUOTAS,
    Had,
    Quotas,
    Wanted,
    month_of,
    must_be_within,
    of_project,
    said,
)
from ketway.domain.usage import Usage
from tests.builders import PROJECT

COSTLY = Prices(per_shot=Decimal("0.01"))
FRANKS = Prices(per_shot=Decimal("0.02"), currency="CHF")
HOUR = timedelta(hours=1)
ALL = {"jobs": 1, "open_batches": 1, "bytes": 1}


def check(quotas: Quotas, had: Had, **wanted: int) -> None:
    must_be_within(quotas, had, Wanted(**wanted), PROJECT)


@pytest.mark.parametrize(
    ("quotas", "had", "wanted"),
    [
        (Quotas(waiting_jobs=10), Had(waiting_jobs=7), {"jobs": 3}),
        (Quotas(open_batches=2), Had(open_batches=1), {"open_batches": 1}),
        (Quotas(stored_bytes=100), Had(stored_bytes=60), {"bytes": 40, "jobs": 1}),
        (Quotas(seconds_per_month=60), Had(used={FREE: Usage(computed=timedelta(seconds=59))}), {"jobs": 9}),
        (Quotas(spending_per_month=Decimal(1)), Had(used={COSTLY: Usage(shots=99)}), {"jobs": 9}),
        (Quotas(waiting_jobs=0), Had(), {"open_batches": 1, "bytes": 9}),
        (Quotas(seconds_per_month=0, spending_per_month=Decimal(0)), Had(), {"bytes": 9}),
        (NO_QUOTAS, Had(waiting_jobs=10**9, stored_bytes=10**15), ALL),
    ],
)
def test_what_a_quota_has_room_for_is_allowed(quotas, had, wanted):
    check(quotas, had, **wanted)


@pytest.mark.parametrize(
    ("quotas", "had", "wanted", "kind", "sentence"),
    [
        (
            Quotas(waiting_jobs=10),
            Had(waiting_jobs=8),
            {"jobs": 3},
            "job",
            "The project has 8 waiting jobs, 3 more are asked for, and may have 10.",
        ),
        (
            Quotas(open_batches=0),
            Had(),
            {"open_batches": 1},
            "batch",
            "The project has 0 open batches, 1 more are asked for, and may have 0.",
        ),
        (
            Quotas(stored_bytes=1000),
            Had(stored_bytes=2000),
            {"jobs": 1},
            "blob",
            "The project has 2,000 stored bytes and may have 1,000.",
        ),
        (
            Quotas(seconds_per_month=3600),
            Had(used={FREE: Usage(computed=HOUR / 2), COSTLY: Usage(computed=HOUR / 2)}),
            {"jobs": 1},
            "platform",
            "The project has 3,600 seconds used this month and may have 3,600.",
        ),
        (
            Quotas(spending_per_month=Decimal("1.50")),
            Had(used={COSTLY: Usage(shots=100), FRANKS: Usage(shots=76)}),
            {"open_batches": 1},
            "project",
            "The project has 1.52 CHF spent this month and may have 1.5.",
        ),
    ],
)
def test_what_is_over_a_quota_is_refused_with_the_figures(quotas, had, wanted, kind, sentence):
    with pytest.raises(QuotaExceeded) as refused:
        check(quotas, had, **wanted)

    assert (refused.value.kind, refused.value.project_id) == (kind, str(PROJECT))
    assert str(refused.value) == sentence


def test_a_project_s_own_quotas_stand_in_place_of_the_server_s():
    server = Quotas(waiting_jobs=10, open_batches=5, spending_per_month=Decimal(7))
    own = said(
        {"waiting_jobs": "20", "open_batches": None, "stored_bytes": 1e6, "spending_per_month": "0.10"}
    )

    assert own == {
        "waiting_jobs": 20,
        "open_batches": None,
        "stored_bytes": 1_000_000,
        "spending_per_month": "0.1",
    }
    assert of_project(server, own) == Quotas(
        waiting_jobs=20, stored_bytes=1_000_000, spending_per_month=Decimal("0.1")
    )
    assert of_project(server, {}) == server
    assert of_project(server, dict.fromkeys(NAMES, None)).are_none


@pytest.mark.parametrize("word", [-1, 1.5, "a few", "", True, "nan", "inf", 10**16, [], {}], ids=str)
def test_what_is_no_quota_is_refused(word):
    with pytest.raises(BadField):
        said({"waiting_jobs": word})
    with pytest.raises(BadField):
        said({"running_jobs": 1})


def test_a_month_begins_on_its_first_day():
    assert month_of(date(2026, 2, 28)) == date(2026, 2, 1)
