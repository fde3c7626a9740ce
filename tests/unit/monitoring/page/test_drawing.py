"""Where things lie in the page's drawings."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitoring.findings.morning import TrendPoint
from monitoring.findings.record import ClassSide
from monitoring.page.drawing import (
    BAND_WIDTH,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    TREND_HEIGHT,
    TREND_WIDTH,
    band,
    panel,
    trend,
)
from monitoring.statistics.estimate import Estimate, unknown

NIGHT = date(2026, 3, 2)


def _points(values: list[float], breached: tuple[int, ...] = ()) -> list[TrendPoint]:
    last = len(values) - 1
    return [TrendPoint(NIGHT - timedelta(days=last - k), value, k in breached) for k, value in enumerate(values)]


def test_band_keeps_the_order_of_its_figures() -> None:
    drawn = band(Estimate(0.3, 0.2, 0.5, null_low=-0.1, null_high=0.1), 0.0)
    assert drawn is not None
    assert 0 < drawn.null_low < drawn.zero < drawn.null_low + drawn.null_width < drawn.low < drawn.point < drawn.high
    assert drawn.high < BAND_WIDTH


def test_band_leaves_out_what_is_unknown() -> None:
    drawn = band(Estimate(0.3, 0.2, 0.5), math.nan)
    assert drawn is not None
    assert math.isnan(drawn.null_low)
    assert math.isnan(drawn.null_width)
    assert math.isnan(drawn.zero)
    assert drawn.low < drawn.point < drawn.high


@pytest.mark.parametrize("measured", [unknown("no rows"), Estimate(0.3)])
def test_band_of_nothing_is_none(measured: Estimate) -> None:
    assert band(measured, math.nan) is None


def test_band_of_equal_figures_is_no_division_by_zero() -> None:
    drawn = band(Estimate(0.0, 0.0, 0.0, null_low=0.0, null_high=0.0), 0.0)
    assert drawn is not None
    assert drawn.null_width > 0


def test_trend_ends_at_tonight_on_the_right() -> None:
    drawn = trend(_points([1.0, 2.0, 3.0], breached=(2,)), NIGHT)
    assert drawn is not None
    assert drawn.last == (TREND_WIDTH - 5, 5)
    assert drawn.breaches == f"M{TREND_WIDTH - 5} 5h0"
    assert (drawn.nights, drawn.breached) == (3, 1)
    assert drawn.path.startswith(f"M{TREND_WIDTH - 13} {TREND_HEIGHT - 5}")


def test_trend_has_a_gap_where_a_night_is_missing_or_unknown() -> None:
    points = _points([1.0, 2.0, math.nan, 3.0, 4.0])
    drawn, shorter = trend(points, NIGHT), trend([points[0], *points[3:]], NIGHT)
    assert drawn is not None
    assert shorter is not None
    assert drawn.path.count("M") == 2
    assert shorter.path.count("M") == 2


def test_trend_shows_thirty_nights_and_none_of_the_future() -> None:
    points = _points([float(k) for k in range(40)])
    drawn = trend(points, NIGHT - timedelta(days=1))
    assert drawn is not None
    assert drawn.nights == 30
    assert min(float(pair.split(" ")[0]) for pair in drawn.path[1:].split("M")) >= 5


def test_one_night_is_no_trend() -> None:
    assert trend(_points([1.0]), NIGHT) is None
    assert trend([], NIGHT) is None


def test_panel_starts_where_a_winner_can_be() -> None:
    side = ClassSide("好评", 20, 20.0, (0,) * 10 + (0, 0, 0, 0, 0, 0, 0, 0, 5, 15))
    drawn = panel(side, None, 2)
    assert drawn.lowest == 0.5
    assert drawn.outline == ""
    assert drawn.bars == f"M160.5 {PANEL_HEIGHT}v-21.3h19v21.3zM180.5 {PANEL_HEIGHT}v-64h19v64z"


def test_panel_draws_both_sides_on_one_scale() -> None:
    sharp = ClassSide("a", 10, 10.0, (0,) * 19 + (10,))
    flat = ClassSide("a", 1000, 10.0, (0,) * 10 + (100,) * 10)
    drawn = panel(sharp, flat, 2)
    assert "v-64" in drawn.bars
    assert drawn.outline == f"M0 {PANEL_HEIGHT}" + "".join(f"V57.6H{20 * k}" for k in range(1, 11)) + f"V{PANEL_HEIGHT}"
    assert drawn.outline.endswith(f"H{PANEL_WIDTH}V{PANEL_HEIGHT}")


def test_panel_of_a_class_that_was_never_predicted_is_empty() -> None:
    side = ClassSide("a", 0, 0.0, (0,) * 20)
    assert panel(side, replace(side), 3).bars == ""
    assert panel(side, replace(side), 3).outline == ""
