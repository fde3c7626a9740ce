"""Where the boxes of one floor stand and which way its arrows go (after Sugiyama, Tagawa and Toda, 1981).

An arrow that passes a row gets a place of its own in that row, so that it never runs through a box. Rows are ordered by
the mean place of their neighbours, which takes crossings away; all steps are sorted, so equal imports give equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

ROUNDS = 24
GAP = 14.0
"""Between two neighbours of a row, pixels."""
LANE = 12.0
"""Width that an arrow takes in a row that it passes, pixels."""


@dataclass(frozen=True, slots=True)
class Passing:
    """The place of an arrow in a row that it passes.

    Attributes:
        pair: The two rooms that it joins.
        row: Which row, from 0 at the top.
    """

    pair: tuple[str, str]
    row: int


Place = str | Passing


@dataclass(frozen=True, slots=True)
class Layout:
    """One floor.

    Attributes:
        rows: What stands in each row, left to right.
        centres: The middle of everything in a row, pixels from the left edge of the floor.
        routes: What each arrow joins or passes, from top to bottom.
    """

    rows: Sequence[Sequence[Place]]
    centres: Mapping[Place, float]
    routes: Mapping[tuple[str, str], Sequence[Place]]


def lay_out(
    rows: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]], width: float, box: Callable[[str], float]
) -> Layout:
    """Order the rows and place everything in them.

    Args:
        rows: The rooms from top to bottom; every pair goes down.
        pairs: The arrows.
        width: Room on the floor, pixels.
        box: The width of a room's box, pixels.
    """
    row_of = {name: index for index, row in enumerate(rows) for name in row}
    routes = {pair: _route(pair, row_of) for pair in sorted(pairs)}
    places: list[list[Place]] = [list(row) for row in rows]
    for pair, route in routes.items():
        for each in route[1:-1]:
            places[row_of[pair[0]] + route.index(each)].append(each)
    upper, lower = _neighbours(routes)
    _order(places, upper, lower)
    widths = {each: LANE if isinstance(each, Passing) else box(each) for row in places for each in row}
    centres = _centre(places, widths, upper, lower, width)
    left = min(centre - widths[each] / 2 for each, centre in centres.items())
    right = max(centre + widths[each] / 2 for each, centre in centres.items())
    shift = (width - left - right) / 2
    return Layout(places, {each: centre + shift for each, centre in centres.items()}, routes)


def _route(pair: tuple[str, str], row_of: Mapping[str, int]) -> list[Place]:
    passed = [Passing(pair, row) for row in range(row_of[pair[0]] + 1, row_of[pair[1]])]
    return [pair[0], *passed, pair[1]]


Neighbours = dict[Place, list[Place]]


def _neighbours(routes: Mapping[tuple[str, str], Sequence[Place]]) -> tuple[Neighbours, Neighbours]:
    """Those a row above and those a row below each place."""
    upper: Neighbours = {}
    lower: Neighbours = {}
    for route in routes.values():
        for high, low in pairwise(route):
            upper.setdefault(low, []).append(high)
            lower.setdefault(high, []).append(low)
    return upper, lower


def _order(rows: list[list[Place]], upper: Neighbours, lower: Neighbours) -> None:
    """Order each row by the mean place of its neighbours; keep the order with the fewest crossings."""
    best, fewest = [list(row) for row in rows], _crossings(rows, lower)
    for turn in range(ROUNDS):
        down = turn % 2 == 0
        for row in rows if down else rows[::-1]:
            _sort_row(row, rows, upper if down else lower)
        if (crossings := _crossings(rows, lower)) < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _sort_row(row: list[Place], rows: list[list[Place]], neighbours: Neighbours) -> None:
    index = {each: (place + 0.5) / len(other) for other in rows for place, each in enumerate(other)}
    weight = {each: _mean([index[n] for n in neighbours.get(each, [])], index[each]) for each in row}
    row.sort(key=lambda each: (weight[each], index[each]))


def _crossings(rows: Sequence[Sequence[Place]], lower: Neighbours) -> int:
    index = {each: place for row in rows for place, each in enumerate(row)}
    total = 0
    for row in rows:
        lines = [(index[high], index[low]) for high in row for low in lower.get(high, [])]
        total += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for n, a in enumerate(lines) for b in lines[n + 1 :])
    return total


def _centre(
    rows: Sequence[Sequence[Place]], widths: Mapping[Place, float], upper: Neighbours, lower: Neighbours, width: float
) -> dict[Place, float]:
    """Draw everything towards its neighbours, as far as the order and the widths of a row allow."""
    centres: dict[Place, float] = {}
    for row in rows:
        centres.update(_spread(row, {each: width * (n + 0.5) / len(row) for n, each in enumerate(row)}, widths, width))
    for turn in range(ROUNDS):
        near = upper if turn % 2 == 0 else lower
        for row in rows if turn % 2 == 0 else rows[::-1]:
            wish = {each: _mean([centres[n] for n in near.get(each, [])], centres[each]) for each in row}
            centres.update(_spread(row, wish, widths, width))
    return centres


def _spread(
    row: Sequence[Place], wish: Mapping[Place, float], widths: Mapping[Place, float], width: float
) -> dict[Place, float]:
    """The places near the wished ones that overlap nowhere: the mean of both greedy ways, which keep the order."""
    left = _pushed(row, wish, widths, 0.0)
    mirrored = {each: width - wish[each] for each in row}
    right = {each: width - place for each, place in _pushed(row[::-1], mirrored, widths, 0.0).items()}
    mean = {each: (left[each] + right[each]) / 2 for each in row}
    inside = _pushed(row, mean, widths, 0.0)
    turned = {each: width - inside[each] for each in row}
    return {each: width - place for each, place in _pushed(row[::-1], turned, widths, 0.0).items()}


def _pushed(
    row: Sequence[Place], wish: Mapping[Place, float], widths: Mapping[Place, float], edge: float
) -> dict[Place, float]:
    """From one side to the other, each at its wish or as near as those before it leave it."""
    found: dict[Place, float] = {}
    for each in row:
        found[each] = max(wish[each], edge + widths[each] / 2)
        edge = found[each] + widths[each] / 2 + GAP
    return found


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
