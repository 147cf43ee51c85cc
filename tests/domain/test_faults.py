"""What goes wrong on purpose, as pure rules."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketway.domain.faults import Down, Failure, FaultPlan, Late, Often, Wait, drawn, length
from ketway.domain.platforms import platform_id
from tests.builders import NOON, a_batch, a_job

EMU = platform_id("EMU_TEST")


def test_draws_are_the_same_for_the_same_words_and_spread_evenly():
    draws = [drawn(7, "failure", number) for number in range(2000)]

    assert draws == [drawn(7, "failure", number) for number in range(2000)]
    assert draws != [drawn(8, "failure", number) for number in range(2000)]
    assert all(0 <= draw < 1 for draw in draws)
    assert abs(sum(draw < 0.2 for draw in draws) / 2000 - 0.2) < 0.03


def test_what_says_nothing_of_how_often_always_happens():
    assert all(Often().hits(number, 0.999) for number in range(1, 9))


def test_a_share_goes_by_the_draw_alone():
    assert Often(share=0.2).hits(5, 0.19)
    assert not Often(share=0.2).hits(5, 0.2)
    assert Often(share=1).hits(5, 0.9999)


def test_every_third_is_the_third_and_the_sixth():
    assert [number for number in range(1, 8) if Often(every=3).hits(number, 0)] == [3, 6]


def test_the_first_two_are_followed_by_none():
    assert [number for number in range(1, 8) if Often(first=2).hits(number, 0)] == [1, 2]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Often(share=0.1, every=2), "share and every exclude each other"),
        (Often(share=0.0), "share should be above 0"),
        (Often(share=1.1), "at most 1"),
        (Often(every=0), "every should be 1 or more"),
        (Often(first=-1), "first should be 1 or more"),
        (Down(platform="X", why="", for_s=0), "for_s should be larger than 0"),
        (Wait(platform="X"), "give after_submission_s or after_start_s"),
        (Wait(platform="X", after_submission_s=1, after_start_s=1), "give after_submission_s or"),
        (Wait(platform="X", after_start_s=-1), "larger than 0"),
        (Late(seconds=0), "seconds should be larger than 0"),
        (Late(seconds=(3, 2)), "the shorter first"),
        (Late(seconds=(-1, 2)), "seconds should be larger than 0"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(rule, said):
    with pytest.raises(ValueError, match=said):
        rule.must_be_possible()


def test_lengths_lie_between_their_ends():
    assert length(3, 0.7) == 3
    assert length((2, 4), 0) == 2
    assert length((2, 4), 0.5) == 3


def test_a_platform_is_down_until_its_time_is_over():
    plan = FaultPlan(down=(Down(platform="EMU_TEST", why="Cooling.", for_s=10),))

    assert plan.down_after(timedelta(seconds=9)) == {EMU: "Cooling."}
    assert plan.down_after(timedelta(seconds=10)) == {}


def test_of_two_rules_on_one_platform_the_first_says_why():
    plan = FaultPlan(down=(Down(platform="EMU_TEST", why="one"), Down(platform="EMU_TEST", why="two")))

    assert plan.down_after(timedelta()) == {EMU: "one"}


def test_jobs_wait_since_their_submission_or_since_the_start():
    since_submission = Wait(platform="EMU_TEST", after_submission_s=20)
    since_start = Wait(platform="EMU_TEST", after_start_s=20)
    started, submitted = NOON, NOON + timedelta(seconds=15)

    def waits(wait: Wait, seconds: float) -> bool:
        return wait.holds_back(submitted, started, NOON + timedelta(seconds=seconds))

    assert [waits(since_submission, at) for at in (15, 34.9, 35)] == [True, True, False]
    assert [waits(since_start, at) for at in (15, 19.9, 20, 35)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("rule", "is_hit"),
    [
        (Failure(text=""), True),
        (Failure(text="", platform="EMU_TEST"), True),
        (Failure(text="", platform="OTHER"), False),
        (Failure(text="", batch="nightly"), True),
        (Failure(text="", batch="night"), False),
        (Failure(text="", tag="of the job"), True),
        (Failure(text="", tag="of the batch"), True),
        (Failure(text="", tag="of neither"), False),
        (Failure(text="", platform="EMU_TEST", batch="nightly", tag="of neither"), False),
    ],
)
def test_jobs_are_chosen_by_all_that_is_said(rule, is_hit):
    job = a_job(tags=("of the job",))
    batch = a_batch(name="nightly", tags=("of the batch",))

    assert rule.is_about(job, batch) is is_hit


def test_every_rule_is_a_sentence():
    plan = FaultPlan(
        down=(Down(platform="QPU", why="Cooling.", for_s=60),),
        wait=(Wait(platform="EMU", after_submission_s=20), Wait(platform="EMU", after_start_s=1.5)),
        failure=(Failure(text="No.", platform="EMU", batch="b", tag="t", every=3),),
        late=(Late(seconds=(1, 2), share=0.25), Late(seconds=4, first=2)),
    )

    assert plan.sentences() == [
        "QPU is down for 60 s: Cooling.",
        "jobs on EMU wait for 20 s after their submission",
        "nothing starts on EMU within 1.5 s of the server's start",
        'jobs on EMU of batches named "b" tagged "t" fail, every 3. time: No.',
        "results of jobs come 1 to 2 s after the start, in 25% of cases",
        "results of jobs come 4 s after the start, the first 2 times",
    ]
    assert plan.platforms == {"QPU", "EMU"}
