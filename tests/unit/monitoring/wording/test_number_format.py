"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from monitoring.wording.number_format import amount, number, p_value, percent


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.25, "0.250"), (0.0042, "0.0042"), (1e-7, "<0.0001"), (math.nan, "–"), (math.inf, "–")],
)
def test_small_numbers_keep_a_digit(value: float, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0%"),
        (0.841, "84.1%"),
        (0.0042, "0.42%"),
        (0.0004, "0.040%"),
        (3e-6, "<0.001%"),
        (-3e-6, ">-0.001%"),
        (math.nan, "–"),
    ],
)
def test_small_shares_keep_a_digit(value: float, said: str) -> None:
    assert percent(value) == said


def test_chances_are_not_more_exact_than_they_are() -> None:
    assert [p_value(x) for x in (1e-9, 0.0123, 0.456, math.nan)] == ["<0.001", "0.012", "0.46", "–"]


def test_amounts_follow_their_unit() -> None:
    assert [amount(1234.5, unit) for unit in ("rows", "share", "tokens", "nats")] == [
        "1,234",
        "123450.0%",
        "1,234.5",
        "1234.500",
    ]
    assert amount(math.nan, "rows") == "–"
