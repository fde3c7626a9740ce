"""The arrows between floors: straight to the next row, else through the gap between two floors or beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

from docs.picture.bands import Band

LANE: Final = 38.0
"""Between two arrows beside the floors, pixels."""
CORNER: Final = 8.0
AWAY: Final = 30.0
"""From the upper or lower edge of a band to where an arrow leaves or meets its side, pixels."""


@dataclass(frozen=True, slots=True)
class FloorArrow:
    """All imports from one floor into another.

    Attributes:
        upper: The importing floor.
        lower: The imported one.
        count: Number of imports.
        path: The line, as SVG path data.
        label: Where the count stands, pixels.
    """

    upper: Band
    lower: Band
    count: int
    path: str
    label: tuple[float, float]


def floor_arrows(rows: Sequence[Sequence[Band]], count: Callable[[str, str], int]) -> list[FloorArrow]:
    """Every pair of floors with imports, the nearest pairs first: these get the inner lanes.

    Args:
        rows: The bands, row by row.
        count: The number of imports from one floor into another.
    """
    lanes = _Lanes(rows)
    found = []
    for top, bottom in sorted(combinations(range(len(rows)), 2), key=lambda pair: (pair[1] - pair[0], -pair[0])):
        for upper, lower in product(rows[top], rows[bottom]):
            if number := count(upper.floor, lower.floor):
                path, label = _way(rows[top : bottom + 1], upper, lower, lanes)
                found.append(FloorArrow(upper, lower, number, path, label))
    return found


class _Lanes:
    """The lanes beside the floors: each arrow takes the next one outward."""

    def __init__(self, rows: Sequence[Sequence[Band]]) -> None:
        self._left = min(band.x for row in rows for band in row)
        self._right = max(band.x + band.width for row in rows for band in row)
        self._taken = {-1: 0, 1: 0}

    def take(self, side: int) -> tuple[float, int]:
        """The place of a lane and its number from the inside; -1 is left, 1 is right."""
        self._taken[side] += 1
        number = self._taken[side]
        return (self._left if side < 0 else self._right) + side * LANE * number, number

    def side_of(self, band: Band) -> int:
        """Where a floor's arrows leave: on the left where another floor stands to its right."""
        return 1 if abs(band.x + band.width - self._right) < 1 else -1


def _way(rows: Sequence[Sequence[Band]], upper: Band, lower: Band, lanes: _Lanes) -> tuple[str, tuple[float, float]]:
    """The line from one floor to another, and where its count stands."""
    if len(rows) == 2:
        return _vertical(min(upper, lower, key=lambda band: band.width).centre, upper, lower)
    gap = _gap(rows[1:-1], upper, lower)
    if gap is not None:
        return _vertical(gap, upper, lower)
    side = lanes.side_of(upper)
    x, number = lanes.take(side)
    return _beside(x, number, side, upper, lower)


def _vertical(x: float, upper: Band, lower: Band) -> tuple[str, tuple[float, float]]:
    return f"M{x:.1f} {upper.bottom:.1f}V{lower.y - 2:.1f}", (x, (upper.bottom + lower.y) / 2)


def _gap(between: Sequence[Sequence[Band]], upper: Band, lower: Band) -> float | None:
    """The middle of a gap between two floors of the one row that the arrow passes."""
    if len(between) != 1 or len(between[0]) < 2:
        return None
    first, second = between[0][:2]
    x = (first.x + first.width + second.x) / 2
    return x if all(band.x < x < band.x + band.width for band in (upper, lower)) else None


def _beside(x: float, number: int, side: int, upper: Band, lower: Band) -> tuple[str, tuple[float, float]]:
    """Out of the side of one floor, down a lane, into the side of the other; outer lanes start higher and end lower."""
    from_x, to_x = (band.x if side < 0 else band.x + band.width for band in (upper, lower))
    from_y = upper.bottom - AWAY * number
    to_y = lower.y + AWAY * number
    path = (
        f"M{from_x:.1f} {from_y:.1f}H{x - side * CORNER:.1f}Q{x:.1f} {from_y:.1f} {x:.1f} {from_y + CORNER:.1f}"
        f"V{to_y - CORNER:.1f}Q{x:.1f} {to_y:.1f} {x - side * CORNER:.1f} {to_y:.1f}H{to_x + side * 2:.1f}"
    )
    return path, (x, (from_y + to_y) / 2)
