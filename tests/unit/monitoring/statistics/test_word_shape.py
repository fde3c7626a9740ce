from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from monitoring.statistics.grams import cut_units, frequent_grams
from monitoring.statistics.word_shape import branching, cohesion


def test_parts_that_only_stand_together_belong_together() -> None:
    units = cut_units(["大白菜", "小白菜", "大黄鱼", "小黄鱼", "大鱼", "小菜"])
    levels = frequent_grams(units, 0, 1, 2)
    starts = {units.text(int(first), 2): number for number, first in enumerate(levels[1].first)}
    chosen = np.array([starts["白菜"], starts["大白"]])
    whole, fragment = cohesion(units, levels, levels[1], chosen, 0)
    assert whole == pytest.approx(np.log2(2 * 16 / (2 * 3)))
    assert fragment == pytest.approx(np.log2(1 * 16 / (3 * 2)))
    assert cohesion(units, levels, levels[0], np.array([0]), 0).tolist() == [np.inf]


def test_a_word_has_many_neighbours_on_both_sides() -> None:
    units = cut_units([f"{left}白菜{right}" for left, right in zip("大小老嫩", "好坏贵坏", strict=True)])
    levels = frequent_grams(units, 0, 4, 2)
    (bits,) = branching(units, levels[1], np.array([0]), 0)
    assert bits == pytest.approx(entropy([1, 2, 1], base=2))  # the lower side: 好 坏 贵 坏


def test_an_end_of_a_run_may_be_followed_by_anything() -> None:
    units = cut_units(["白菜"] * 4)
    levels = frequent_grams(units, 0, 4, 2)
    assert branching(units, levels[1], np.array([0]), 0).tolist() == [2.0]  # four different ends
