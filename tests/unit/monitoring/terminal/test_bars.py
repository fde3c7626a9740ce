"""Drawings out of characters."""

from __future__ import annotations

import math

import pytest
from rich.cells import cell_len

from monitoring.terminal.bars import bar_line, fit, fold, trend_line


def test_bars_start_at_nothing_and_the_smallest_shows() -> None:
    assert bar_line([0.0, 1e-6, 0.5, 1.0]) == " ▁▄█"
    assert bar_line([0.5, math.nan, 1.0], tallest=2.0) == "▂ ▄"
    assert bar_line([]) == ""
    assert bar_line([0.0, 0.0]) == "  "


def test_trend_fills_its_own_range_and_gaps_stay_gaps() -> None:
    assert trend_line([1.0, math.nan, 2.0]) == "▁ █"
    assert trend_line([3.0, 3.0]) == "▁▁"
    assert trend_line([math.nan]) == " "


@pytest.mark.parametrize(
    ("text", "shown"), [("ab", "ab   "), ("夜班", "夜班 "), ("夜班班", "夜班…"), ("夜a班班", "夜a …")]
)
def test_fit_counts_cells(text: str, shown: str) -> None:
    assert fit(text, 5) == shown
    assert cell_len(fit(text, 5)) == 5


def test_fit_to_the_right() -> None:
    assert fit("班", 4, right=True) == "  班"


def test_fold_breaks_between_words_and_after_full_width_characters() -> None:
    assert fold("one two three", 8) == ["one two", "three"]
    assert fold("今晚数据不对", 6, "  ") == ["  今晚", "  数据", "  不对"]
    assert fold("今晚好，明", 6) == ["今晚", "好，明"]


def test_fold_leaves_a_long_word_whole() -> None:
    assert fold("a " + "x" * 20, 8) == ["a", "x" * 20]
