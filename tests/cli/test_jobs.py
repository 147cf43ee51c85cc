"""What `ketway jobs` shows."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from ketway.cli.jobs import table


def shown(**changes: Any) -> str:
    job: dict[str, Any] = {
        "id": "6f1de1b4-3f0c-5f8e-9a53-1c9d3a1f7a10",
        "platform": "EMU_FREE",
        "door": "pasqal",
        "status": "queued",
        "progress": 0,
        "shots": 10,
        "errors": [],
        "created_at": "2026-01-15T12:00:00+00:00",
        "queue_position": None,
        "estimated_start": None,
    }
    console = Console(width=250)
    with console.capture() as capture:
        console.print(table([job | changes]))
    return capture.get()


def start(earliest: str, expected: str, latest: str) -> dict[str, str]:
    times = {"earliest": earliest, "expected": expected, "latest": latest}
    return {name: f"2026-01-{time}+00:00" for name, time in times.items()}


def test_a_job_that_waits_shows_its_place_and_when_it_may_start():
    line = shown(queue_position=7, estimated_start=start("15T12:01:00", "15T12:02:00", "15T12:04:00"))

    assert " 7 " in line
    assert "12:02:00 (12:01:00 to 12:04:00)" in line


def test_a_start_on_a_later_day_says_how_many_days_later():
    line = shown(queue_position=7, estimated_start=start("15T12:01:00", "16T12:02:00", "17T12:04:00"))

    assert "(12:01:00 to 12:04:00 +2 d)" in line


def test_a_start_known_to_the_second_is_shown_once():
    line = shown(queue_position=1, estimated_start=start("15T12:01:00", "15T12:01:00", "15T12:01:00"))

    assert "12:01:00 " in line
    assert "to" not in line


def test_what_nobody_can_tell_is_left_empty():
    assert "None" not in shown()
