"""What a project used, as a person reads it."""

from __future__ import annotations

from typing import Any

import pytest

from ketway.cli import tables
from ketway.cli.usage import NUMBERS, columns, rows


def a_line(**changes: Any) -> dict[str, Any]:
    plain = {
        "day": "2026-01-15",
        "platform": "EMU-AER-16C-128M",
        "done": 1,
        "failed": 0,
        "cancelled": 0,
        "circuits": 1,
        "shots": 1000,
        "computed_s": 2.4,
        "held_s": 61.0,
        "prices": {"currency": "EUR"},
        "cost": "0.02",
    }
    return plain | changes


def test_days_become_months_and_a_total():
    found = rows(
        [
            a_line(day="2026-01-31", cost="0.1"),
            a_line(day="2026-02-01"),
            a_line(day="2026-01-01", failed=1, cancelled=1),
            a_line(day="2026-01-01", platform="A QPU"),
        ],
        by_day=False,
    )

    assert [row[:4] for row in found] == [
        ("2026-01", "A QPU", "1", "1"),
        ("2026-01", "EMU-AER-16C-128M", "4", "2"),
        ("2026-02", "EMU-AER-16C-128M", "1", "1"),
        ("total", "", "6", "4"),
    ]
    assert [row[-1] for row in found] == ["0.02 EUR", "0.12 EUR", "0.02 EUR", "0.16 EUR"]


def test_lines_of_one_day_at_two_prices_become_one_row():
    (day, _) = rows([a_line(held_s=0.3), a_line(held_s=0.3, cost="0.000000001")], by_day=True)

    assert day == (
        "01-15",
        "EMU-AER-16C-128M",
        "2",
        "2",
        "2,000",
        "0:00:05",
        "0:00:01",
        "0.020000001 EUR",
    )


def test_currencies_are_not_added_together_and_what_is_free_costs_0():
    francs = a_line(prices={"currency": "CHF"}, cost="3")

    assert rows([a_line(), francs], by_day=True)[-1][-1] == "3.00 CHF + 0.02 EUR"
    assert rows([a_line(cost="0")], by_day=True)[-1][-1] == "0"
    assert rows([], by_day=True) == [
        ("total", "", "0", "0", "0", "0:00:00", "0:00:00", "0"),
    ]


def test_hours_go_on_beyond_a_day():
    (row, _) = rows([a_line(held_s=59 * 3600 + 61.4)], by_day=True)

    assert row[-2] == "59:01:01"


@pytest.mark.parametrize("by_day", [True, False])
def test_a_month_s_use_fits_a_terminal_of_80_columns(capsys, by_day):
    used = rows([a_line(held_s=7200.0, computed_s=4000.0, cost="12.5")], by_day=by_day)

    tables.show(columns(by_day=by_day), used, numbers=NUMBERS)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert max(len(line.rstrip()) for line in lines) <= 80
