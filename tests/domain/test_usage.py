from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import platform_id
from ketway.domain.usage import NOTHING, Tally, Usage, of_ended, of_result
from tests.builders import COSTLY, PROJECT, a_job

USAGES = st.builds(
    Usage,
    **{
        field.name: st.timedeltas(timedelta(0), timedelta(days=7))
        if field.name in ("computed", "held")
        else st.integers(0, 10**6)
        for field in fields(Usage)
    },
)


@given(a=USAGES, b=USAGES, c=USAGES)
def test_usage_adds_up_in_any_order(a, b, c):
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + NOTHING == a


@given(a=USAGES, b=USAGES)
def test_what_it_costs_is_counted_by_hours_circuits_and_shots_alone(a, b):
    rounding = Decimal("2e-9")

    assert abs((a + b).cost(COSTLY) - a.cost(COSTLY) - b.cost(COSTLY)) <= rounding
    assert Usage(done=3, failed=2, cancelled=1, computed=timedelta(days=1)).cost(COSTLY) == 0


def test_a_tally_knows_its_price():
    tally = Tally(
        project_id=PROJECT,
        platform_id=platform_id("EMU_TEST"),
        day=date(2026, 1, 15),
        prices=COSTLY,
        usage=Usage(circuits=2, shots=1000, held=timedelta(minutes=30)),
    )

    assert tally.cost == Decimal("0.700007")


def test_jobs_count_by_how_they_ended():
    jobs = [a_job(status=status) for status in (*JobStatus, JobStatus.FAILED)]

    assert of_ended(jobs) == Usage(done=1, failed=2, cancelled=1)
    assert of_ended([]) == NOTHING


def test_shots_of_every_circuit_count_whatever_became_of_the_job():
    done, cancelled = a_job(status=JobStatus.DONE), a_job(status=JobStatus.CANCELLED)

    assert of_result(done, 3, 100) == Usage(circuits=3, shots=300)
    assert of_result(cancelled, 3, 100) == Usage(shots=300)


def test_a_result_that_claims_endless_shots_does_not_break_the_sums():
    claimed = of_result(a_job(status=JobStatus.DONE), 1000, 2**63 - 1).shots

    assert claimed * 10**6 < 2**63
