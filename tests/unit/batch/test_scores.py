"""Scores of texts, in columns."""

from __future__ import annotations

import numpy as np
import pytest

from batch.scores import EMPTY, FAILED, SCORED, SHORT, Scores, join
from storage.records import STATUSES
from tests.support.sample_scores import same, scores_of


def test_the_codes_are_places_among_the_statuses() -> None:
    assert [STATUSES[code] for code in (SCORED, EMPTY, SHORT, FAILED)] == ["scored", "empty", "short", "failed"]


@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [3, 0], [2, 2, 2], []])
def test_take_keeps_each_text_with_its_own_windows(rows: list[int]) -> None:
    numbers = (5, 7, 8, 11)  # 1, 3, 0 and 3 top windows
    taken = scores_of(*numbers).take(np.array(rows, np.int64))
    same(taken, scores_of(*(numbers[row] for row in rows)))


def test_join_is_the_inverse_of_taking_apart() -> None:
    whole = scores_of(5, 7, 8, 11)
    parts = [whole.take(np.array(rows, np.int64)) for rows in ([0], [], [1, 2, 3])]
    same(join(parts), whole)


def test_join_moves_the_windows_of_later_texts() -> None:
    joined: Scores = join([scores_of(2), scores_of(3)])
    assert joined.top_offsets.tolist() == [0, 2, 5]
    assert joined.top.tolist() == [2, 3, 3, 4, 5]
