"""What `ketway jobs` shows."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from ketway.cli.jobs import table


def shown(width: int = 250, **changes: Any) -> str:
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
    console = Console(width=width)
    with console.capture() as capture:
        console.print(table([job | changes]))
    return capture.get()


def start(earliest: str, expected: str, latest: str) -> dict[str, str]:
    times = {"earliest": earliest, "expected": expected, "latest": latest}
    return {name: f"2026-01-{time}+00:00" for name, time in times.items()}


def test_a_job_that_waits_shows_its_place_and_when_it_may_start():
    line = shown(queue_position=7, estimated_start=start("15T12:01:00", "15T12:02:00", "15T12:04:00"))

    assert "queued 7 " in line
    assert "starts 12:02:00 (12:01:00 to 12:04:00)" in line


def test_a_start_on_a_later_day_says_how_many_days_later():
    line = shown(queue_position=7, estimated_start=start("15T12:01:00", "16T12:02:00", "17T12:04:00"))

    assert "(12:01:00 to 12:04:00 +2 d)" in line


def test_a_start_known_to_the_second_is_shown_once():
    line = shown(queue_position=1, estimated_start=start("15T12:01:00", "15T12:01:00", "15T12:01:00"))

    assert line.rstrip().endswith("starts 12:01:00")


def test_what_nobody_can_tell_is_left_empty():
    assert "None" not in shown()


def test_in_eighty_columns_nothing_is_cut():
    narrow = shown(
        width=80,
        queue_position=7,
        platform="EMU-AER-16C-128M",
        estimated_start=start("15T12:01:00", "15T12:02:00", "15T12:04:00"),
    )

    assert "6f1de1b4-3f0c-5f8e-9a53-1c9d3a1f7a10" in narrow
    assert max(map(len, narrow.splitlines())) <= 80
    for cell in ("EMU-AER-16C-128M", "queued7", "01-1512:00", "starts12:02:00(12:01:00to12:04:00)"):
        assert cell in read_down(narrow)


def read_down(page: str) -> str:
    """Column by column, without blanks."""
    head, *lines = page.splitlines()
    begins = [head.index(word) for word in head.split()]
    ends = [*begins[1:], None]
    cells = [line[begin:end] for begin, end in zip(begins, ends, strict=True) for line in lines]
    return "".join("".join(cell.split()) for cell in cells)
