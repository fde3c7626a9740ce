"""Two models on the same rows, against cases worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from models.evaluation.comparison import compare
from storage.errors import InputError


def probs(answers: list[int], classes: int) -> NDArray[np.float32]:
    """Certain answers; -1 is a row that could not be scored."""
    made = np.full((len(answers), classes), np.float32(0.1 / (classes - 1)))
    for row, answer in enumerate(answers):
        made[row] = np.nan if answer < 0 else made[row]
        if answer >= 0:
            made[row, answer] = 0.9
    return made


GOLD = [0, 0, 0, 0, 1, 1, 1, 1]
FIRST = [0, 0, 0, 1, 1, 1, 0, 0]
SECOND = [0, 0, 1, 1, 1, 1, 1, 1]
GROUPS = ["a", "a", "b", "b", "b", "b", "b", "b"]


def by_hand(seed: int = 0) -> object:
    return compare(
        probs(FIRST, 2), probs(SECOND, 2), np.array(GOLD), ["no", "yes"], GROUPS, np.random.default_rng(seed)
    )


def test_a_case_worked_by_hand() -> None:
    found = compare(probs(FIRST, 2), probs(SECOND, 2), np.array(GOLD), ["no", "yes"], GROUPS, np.random.default_rng(0))
    # First: class no 3 found, 5 given, 4 gold -> 6/9; yes 2 found, 3 given, 4 gold -> 4/7.
    # Second: no 2 found, 2 given -> 4/6; yes 4 found, 6 given -> 8/10.
    assert found.rows == 8
    assert found.champion_f1 == pytest.approx((6 / 9 + 4 / 7) / 2)
    assert found.challenger_f1 == pytest.approx((4 / 6 + 8 / 10) / 2)
    assert found.macro_f1.value == pytest.approx((8 / 10 - 4 / 7) / 2)
    assert found.negative_flips.value == 1 / 8  # row 2
    assert found.positive_flips.value == 2 / 8  # rows 6 and 7
    assert found.accuracy.value == 1 / 8
    no, yes = found.classes
    assert (no.name, no.rows, yes.rows) == ("no", 4, 4)
    assert no.difference.value == pytest.approx(0)
    assert yes.difference.value == pytest.approx(8 / 10 - 4 / 7)
    large, small = found.slices
    assert (large.name, large.rows, large.champion, large.challenger) == ("b", 6, 3 / 6, 4 / 6)
    assert (small.name, small.rows, small.difference.value) == ("a", 2, 0)


def test_rows_that_could_not_be_scored_are_wrong() -> None:
    found = compare(probs([0, 1], 2), probs([-1, 1], 2), np.array([0, 1]), ["a", "b"], None, np.random.default_rng(0))
    assert found.negative_flips.value == 0.5
    assert found.challenger_f1 == 0.5
    assert found.slices == ()


def test_the_same_answers_are_no_difference_and_never_better() -> None:
    found = compare(probs(FIRST, 2), probs(FIRST, 2), np.array(GOLD), ["a", "b"], None, np.random.default_rng(0))
    assert (found.macro_f1.value, found.macro_f1.low, found.macro_f1.high) == (0, 0, 0)
    assert found.better == 0.5
    assert found.negative_flips.value == 0


def models(rows: int, rng: np.random.Generator, flips: float) -> tuple[NDArray[np.int64], list[int], list[int]]:
    """A model that is right on 80 %, and one that differs on a share of rows at random."""
    gold = rng.integers(0, 3, rows)
    first = np.where(rng.random(rows) < 0.8, gold, rng.integers(0, 3, rows))
    second = np.where(rng.random(rows) < flips, rng.integers(0, 3, rows), first)
    return gold, first.tolist(), second.tolist()


def test_the_figures_are_those_of_scikit_learn_and_of_a_plain_bootstrap() -> None:
    rng = np.random.default_rng(5)
    gold, first, second = models(400, rng, 0.1)
    found = compare(probs(first, 3), probs(second, 3), gold, ["a", "b", "c"], None, np.random.default_rng(1))

    def difference(rows: NDArray[np.int64]) -> float:
        one, two = (f1_score(gold[rows], np.array(each)[rows], average="macro") for each in (first, second))
        return float(two - one)

    assert found.macro_f1.value == pytest.approx(difference(np.arange(400)))
    drawn = [difference(rng.integers(0, 400, 400)) for _ in range(300)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    width = high - low
    assert found.macro_f1.low == pytest.approx(low, abs=0.2 * width)
    assert found.macro_f1.high == pytest.approx(high, abs=0.2 * width)
    assert found.better == pytest.approx(np.mean(np.array(drawn) > 0), abs=0.1)


def test_pairing_makes_the_interval_narrow() -> None:
    gold, first, second = models(1000, np.random.default_rng(2), 0.02)
    found = compare(probs(first, 3), probs(second, 3), gold, ["a", "b", "c"], None, np.random.default_rng(0))
    paired = found.macro_f1.high - found.macro_f1.low
    unpaired = 2 * 1.96 * math.sqrt(2 * 0.85 * 0.15 / 1000)
    assert paired < unpaired / 2


def test_the_same_generator_gives_the_same_figures() -> None:
    assert by_hand() == by_hand()


@pytest.mark.parametrize(
    ("first", "second", "labels", "groups"),
    [
        (probs([0, 1], 2), probs([0, 1], 3), ["a", "b"], None),
        (probs([0, 1], 2), probs([0, 1], 2), ["a", "b", "c"], None),
        (probs([0, 1], 2), probs([0, 1], 2), ["a", "b"], ["x"]),
    ],
    ids=["other classes", "labels too many", "groups too few"],
)
def test_shapes_that_disagree(
    first: NDArray[np.float32], second: NDArray[np.float32], labels: list[str], groups: list[str] | None
) -> None:
    with pytest.raises(InputError):
        compare(first, second, np.array([0, 1]), labels, groups, np.random.default_rng(0))
