from __future__ import annotations

from graphlib import CycleError
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.picture.layers import place, read_layers, reduce

TOML = """
[[tool.importlinter.contracts]]
name = "floors"
type = "layers"
layers = ["up", "left | right"]

[[tool.importlinter.contracts]]
name = "rooms"
type = "layers"
containers = ["up"]
layers = ["(a)", "b : c"]

[[tool.importlinter.contracts]]
name = "another kind"
type = "forbidden"
source_modules = ["up"]
forbidden_modules = ["torch"]
"""


def test_layers_are_read_from_the_contracts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TOML, "utf-8")
    assert read_layers(tmp_path / "pyproject.toml") == {
        "": [["up"], ["left", "right"]],
        "up": [["up.a"], ["up.b", "up.c"]],
    }


def test_rooms_stand_in_the_rows_of_the_contract() -> None:
    assert place(["a", "b", "c"], [("a", "c")], [["a"], ["c", "b"]]) == [["a"], ["b", "c"]]


def test_siblings_that_import_each_other_get_rows_of_their_own() -> None:
    assert place(["a", "b", "c"], [("b", "c"), ("a", "b")], [["a"], ["b", "c"]]) == [["a"], ["b"], ["c"]]


def test_without_a_contract_that_names_every_room_depth_decides() -> None:
    pairs = [("a", "b"), ("b", "c"), ("d", "c")]
    assert place(["a", "b", "c", "d"], pairs, [["a"], ["b"], ["c"]]) == [["a"], ["b", "d"], ["c"]]


def test_a_circle_is_an_error() -> None:
    with pytest.raises(CycleError):
        place(["a", "b"], [("a", "b"), ("b", "a")], [])


def test_what_a_longer_path_says_is_left_out() -> None:
    assert reduce([("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")]) == [("a", "b"), ("a", "d"), ("b", "c")]


def below(pairs: list[tuple[str, str]], room: str) -> set[str]:
    found: set[str] = set()
    waiting = [room]
    while waiting:
        waiting += [low for high, low in pairs if high == waiting[0] and low not in found]
        found |= {low for high, low in pairs if high == waiting[0]}
        waiting.pop(0)
    return found


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1])))
def test_reducing_keeps_what_is_reached_and_every_arrow_goes_down(numbers: set[tuple[int, int]]) -> None:
    pairs = [(str(a), str(b)) for a, b in sorted(numbers)]
    kept = reduce(pairs)
    assert set(kept) <= set(pairs)
    assert all(below(kept, str(n)) == below(pairs, str(n)) for n in range(8))
    row_of = {name: n for n, row in enumerate(place([str(n) for n in range(8)], pairs, [])) for name in row}
    assert all(row_of[high] < row_of[low] for high, low in pairs)
    assert all(a != b for a, b in pairwise(kept))
