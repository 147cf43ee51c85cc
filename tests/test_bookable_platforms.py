"""Which platforms can be booked, and how, as a catalogue says it."""

from __future__ import annotations

import pytest

from ketway import platforms
from ketway.domain.slots import BookingRules
from tests.test_platforms import a_catalogue


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        ([], None),
        (["is_exclusive = true"], BookingRules()),
        (["is_exclusive = true", "booking = false"], None),
        (["booking = true"], BookingRules()),
        (["booking = {}"], BookingRules()),
        (
            ["booking = {min_length_s = 60, max_per_day = 2}"],
            BookingRules(min_length_s=60.0, max_per_day=2),
        ),
    ],
)
def test_what_takes_one_batch_at_a_time_can_be_booked_and_anything_else_where_the_catalogue_says_so(
    tmp_path, lines, rules
):
    (platform,) = platforms.read(a_catalogue(tmp_path, *lines))

    assert platform.booking == rules


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("booking = 3", "booking should be true, false, or a table"),
        ("booking = {min_length = 60}", "booking has no min_length; it has min_length_s,"),
        ("booking = {max_per_day = 0}", "max_per_day and max_per_week should be 1 or more"),
        ("booking = {max_per_day = 1.5}", "max_per_day"),
        ('booking = {min_length_s = "60s"}', "min_length_s"),
        ("booking = {min_ahead_s = nan}", "min_ahead_s and max_ahead_s should be"),
    ],
)
def test_rules_that_say_nothing_are_refused_with_the_platforms_name(tmp_path, line, said):
    with pytest.raises(ValueError, match="platform MINE: ") as refused:
        platforms.read(a_catalogue(tmp_path, line))

    assert said in str(refused.value)


def test_every_machine_of_the_built_in_catalogue_can_be_booked():
    machines = [platform for platform in platforms.read() if platform.is_exclusive]

    assert machines
    assert all(platform.booking is not None for platform in machines)
