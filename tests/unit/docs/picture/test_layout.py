from __future__ import annotations

from itertools import pairwise

from docs.picture.layout import GAP, LANE, Passing, Place, lay_out

ROWS = [["a", "b"], ["c", "d", "e"], ["f", "g"]]
PAIRS = [("a", "d"), ("a", "g"), ("b", "c"), ("b", "f"), ("c", "g"), ("e", "f")]


def width_of(each: Place) -> float:
    return LANE if isinstance(each, Passing) else 60.0


def test_nothing_overlaps_and_all_is_within_the_floor() -> None:
    layout = lay_out(ROWS, PAIRS, 400, width_of)
    for row in layout.rows:
        for left, right in pairwise(row):
            apart = layout.centres[right] - layout.centres[left]
            assert apart >= (width_of(left) + width_of(right)) / 2 + GAP - 1e-6
    assert all(width_of(each) / 2 <= centre <= 400 - width_of(each) / 2 for each, centre in layout.centres.items())


def test_an_arrow_has_a_place_in_each_row_that_it_passes() -> None:
    layout = lay_out(ROWS, PAIRS, 400, width_of)
    assert list(layout.routes["a", "g"]) == ["a", Passing(("a", "g"), 1), "g"]
    assert Passing(("a", "g"), 1) in layout.rows[1]
    assert list(layout.routes["a", "d"]) == ["a", "d"]


def test_rows_are_ordered_so_that_arrows_do_not_cross() -> None:
    layout = lay_out([["a", "b"], ["c", "d"]], [("a", "d"), ("b", "c")], 400, width_of)
    (a, _), (c, _) = layout.rows
    assert (a, c) in {("a", "d"), ("b", "c")}


def test_the_drawing_stands_in_the_middle() -> None:
    layout = lay_out([["a"], ["b"]], [("a", "b")], 300, width_of)
    assert layout.centres == {"a": 150.0, "b": 150.0}
