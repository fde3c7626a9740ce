"""Lots are nested, and equal on both sides."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitoring.relabel.learning_curve.subsets import MIN_LABELS, plan_subsets

KEYS = np.random.default_rng(0).integers(0, 2**64, 5000, dtype=np.uint64)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=400), st.integers(1, 3))
def test_lots_are_nested_and_equal(rows: list[tuple[int, bool]], repeats: int) -> None:
    _, batch = np.unique([number for number, _ in rows], return_inverse=True)
    random = np.array([drawn for _, drawn in rows])
    subsets = plan_subsets(batch.astype(np.int64), random, KEYS[: len(rows)], repeats)
    found = {(subset.round, subset.learned, subset.repeat): set(subset.rows.tolist()) for subset in subsets}
    assert len(found) == len(subsets)
    assert [subset.round for subset in subsets] == sorted(subset.round for subset in subsets)
    for (number, learned, repeat), mine in found.items():
        assert all(batch[row] < number for row in mine)
        before = found.get((number - 1, learned, repeat))
        assert before is None or before <= mine
        if learned == "all":
            assert len(mine) == (batch < number).sum()
            continue
        assert len(mine) >= MIN_LABELS
        assert all(random[row] == (learned == "random") for row in mine)
        other = found[number, "random" if learned == "picked" else "picked", repeat]
        for each in range(number):
            assert sum(batch[row] == each for row in mine) == sum(batch[row] == each for row in other)


def test_repeats_draw_other_rows_of_the_larger_side() -> None:
    batch, random = np.zeros(400, np.int64), np.arange(400) % 4 == 0
    subsets = {
        (subset.learned, subset.repeat): set(subset.rows.tolist())
        for subset in plan_subsets(batch, random, KEYS[:400], 2)
    }
    assert subsets["random", 0] == subsets["random", 1]
    shared = len(subsets["picked", 0] & subsets["picked", 1])
    assert 15 < shared < 60  # 100 of 300, twice: a third of them by chance


def test_without_labels_there_are_no_lots() -> None:
    nothing = np.zeros(0, np.int64)
    assert plan_subsets(nothing, nothing.astype(np.bool_), nothing.astype(np.uint64), 3) == ()
