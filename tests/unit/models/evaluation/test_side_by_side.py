"""Two bundles' answers beside each other, against a case worked by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.evaluation.side_by_side import EXAMPLES, SHIFT_BINS, Answers, SideBySide, side_by_side

LABELS = ["坏", "好"]
NAN = float("nan")
CHAMPION = Answers(np.array([0, 1, 1, 2, 0]), np.array([0.9, 0.8, 0.6, NAN, 0.7]))
CHALLENGER = Answers(np.array([0, 0, 1, 2, 1]), np.array([0.8, 0.7, 0.9, NAN, 0.95]))
IDS = ["a", "b", "c", "d", "e"]


def part(rows: list[int]) -> SideBySide:
    one, two = (Answers(each.label[rows], each.confidence[rows]) for each in (CHAMPION, CHALLENGER))
    return side_by_side(one, two, [IDS[row] for row in rows], LABELS)


def test_by_hand() -> None:
    found = part([0, 1, 2, 3, 4])
    assert found.confusion.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert found.rows == 5
    assert [each.doc_id for each in found.examples] == ["b", "e"]
    flat = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert flat["agreement"]["value"] == 0.6
    assert flat["labels"] == ["坏", "好", None]
    assert flat["champion_shares"] == [0.4, 0.4, 0.2]
    assert flat["challenger_shares"] == [0.4, 0.4, 0.2]
    assert flat["champion_confidence"] == pytest.approx(0.75)
    assert flat["challenger_confidence"] == pytest.approx(0.8375)
    assert sum(flat["confidence_shift"]["rows"]) == 4
    assert sum(flat["confidence_shift"]["rows"][SHIFT_BINS // 2 :]) == 2  # c and e rose


def test_parts_add_up_in_any_order() -> None:
    whole = part([0, 1, 2, 3, 4])
    for found in (part([0, 1]).merged(part([2, 3, 4])), part([3, 4]).merged(part([0])).merged(part([1, 2]))):
        assert (found.confusion == whole.confusion).all()
        assert (found.shift == whole.shift).all()
        assert found.confidence_sums == pytest.approx(whole.confidence_sums)
        assert found.examples == whole.examples


def test_the_surest_disagreements_are_kept_and_one_without_a_label_comes_last() -> None:
    rows = 3 * EXAMPLES
    sure = np.linspace(0.5, 0.99, rows)
    one = Answers(np.zeros(rows, np.int64), sure)
    two = Answers(np.ones(rows, np.int64), np.full(rows, 0.999))
    blank = Answers(np.array([2]), np.array([NAN]))
    found = side_by_side(one, two, [str(row) for row in range(rows)], LABELS)
    found = found.merged(side_by_side(blank, Answers(np.array([0]), np.array([0.99])), ["x"], LABELS))
    assert [each.doc_id for each in found.examples] == [str(row) for row in range(rows - 1, rows - 1 - EXAMPLES, -1)]


def test_the_ends_of_the_shift_have_a_bin() -> None:
    one = Answers(np.array([0, 0]), np.array([0.0, 1.0]))
    two = Answers(np.array([0, 0]), np.array([1.0, 0.0]))
    shift = side_by_side(one, two, ["a", "b"], LABELS).shift
    assert (shift[0], shift[SHIFT_BINS - 1], shift.sum()) == (1, 1, 2)


def test_no_rows() -> None:
    empty = Answers(np.empty(0, np.int64), np.empty(0))
    flat = side_by_side(empty, empty, [], LABELS).as_dict()
    assert (flat["rows"], flat["champion_confidence"]) == (0, None)
