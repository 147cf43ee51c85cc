from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from ketway.api.scaleway import scalars
from ketway.api.scaleway.scalars import Seconds


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 31, 9, 15, 0, 123456, UTC), "2026-01-31T09:15:00.123456Z"),
        (datetime(2026, 1, 31, 9, 15, tzinfo=UTC), "2026-01-31T09:15:00.000000Z"),
        (datetime(2026, 1, 31, 9, 15, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T07:15:00.000000Z"),
    ],
)
def test_a_timestamp_is_utc_with_exactly_six_digits(moment, text):
    assert scalars.timestamp(moment) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(900.0, "900s"), (2.5, "2.5s"), (0.0, "0s"), (1.123456789, "1.123456789s"), (100.0, "100s")],
)
def test_a_duration_is_written_without_needless_decimals(seconds, text):
    assert scalars.duration(seconds) == text


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("900s", 900.0),
        ("2.500000000s", 2.5),
        ("0.000000001s", 1e-9),
        (3540, 3540.0),
        (1.5, 1.5),
        (10**400, 1e12),
        (None, None),
    ],
)
def test_a_duration_is_read_as_a_text_or_a_number_of_seconds(sent, seconds):
    assert TypeAdapter(Seconds).validate_python(sent) == seconds


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("Nones", "format"),
        ("10", "format"),
        ("٣s", "format"),
        ("1h", "format"),
        ("1.0000000001s", "format"),
        ("-5s", "constraint"),
        ("", "format"),
        (True, "format"),
        ([], "format"),
        ("0s", "constraint"),
        (-1, "constraint"),
    ],
)
def test_what_is_no_duration_is_refused_with_its_reason(sent, reason):
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(Seconds).validate_python(sent)

    assert refusal.value.errors()[0]["type"] == reason


@pytest.mark.parametrize("sent", ['{"shots": 1}', "not json", ""])
def test_a_text_that_holds_json_is_kept_to_the_letter(sent):
    assert scalars.json_text(sent) == sent


def test_an_object_sent_for_its_text_becomes_its_text():
    assert scalars.json_text({"shots": 1}) == '{"shots": 1}'
