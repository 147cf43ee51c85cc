from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.errors import BadField
from ketway.domain.prices import FREE, MOST, NAMES, NANO, Prices, prices

AMOUNTS = st.decimals(0, MOST, places=9)
NUMBERS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("1.20", "1.2"),
        (0.1, "0.1"),
        (3, "3"),
        (Decimal("0.5"), "0.5"),
        ("0.000000001", "0.000000001"),
        (1e-9, "0.000000001"),
        ("1000000", "1000000"),
        ("-0", "0"),
    ],
)
def test_a_price_is_the_number_that_was_written(said, amount):
    read = prices({"per_hour": said})

    assert read.per_hour == Decimal(amount)
    assert not read.per_hour.is_signed()
    assert (read.per_circuit, read.per_shot, read.currency) == (Decimal(0), Decimal(0), "EUR")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "said",
    ["", "free", "-1", -0.5, "NaN", "sNaN", float("nan"), float("inf"), "1000000.1", None, True, [], "1e-10"],
)
def test_what_is_no_price_is_refused_by_name(name, said):
    with pytest.raises(BadField) as refused:
        prices({name: said})

    assert refused.value.field == ("prices", name)


@pytest.mark.parametrize("said", ["eur", "EURO", "", None, 3, "€"])
def test_a_currency_is_three_capital_letters(said):
    with pytest.raises(BadField):
        prices({"currency": said})


def test_what_is_not_said_costs_nothing():
    assert prices({}) == FREE
    assert FREE.cost(held=timedelta(days=7), circuits=10**6, shots=10**12) == 0


def test_hours_circuits_and_shots_add_up():
    charged = prices({"per_hour": "1.20", "per_circuit": "0.05", "per_shot": "0.001"})

    assert charged.cost(held=timedelta(minutes=90), circuits=3, shots=1001) == Decimal("2.951")


@pytest.mark.parametrize(
    ("per_hour", "micros", "cost"),
    [("0.001", 3600, "1e-9"), ("0.0005", 3600, "0"), ("0.0015", 3600, "2e-9"), ("0.0025", 3600, "2e-9")],
)
def test_what_is_finer_than_the_billionth_is_rounded_to_the_even_one(per_hour, micros, cost):
    charged = prices({"per_hour": per_hour})

    assert charged.cost(held=timedelta(microseconds=micros), circuits=0, shots=0) == Decimal(cost)


@given(hour=AMOUNTS, circuit=AMOUNTS, shot=AMOUNTS, circuits=NUMBERS, shots=NUMBERS, seconds=NUMBERS)
def test_a_cost_is_exact_to_the_billionth(hour, circuit, shot, circuits, shots, seconds):
    charged = Prices(per_hour=hour, per_circuit=circuit, per_shot=shot)
    held = timedelta(seconds=seconds % 10**9)

    cost = charged.cost(held=held, circuits=circuits, shots=shots)

    scale = 10**9
    nanos = [int(amount.scaleb(9)) for amount in (hour, circuit, shot)]
    exact = nanos[0] * int(held.total_seconds()) + 3600 * (nanos[1] * circuits + nanos[2] * shots)
    assert cost == cost.quantize(NANO)
    assert abs(int(cost * scale) * 3600 - exact) * 2 <= 3600
