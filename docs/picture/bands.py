"""How big boxes are, and where the bands of the floors lie on the page. All lengths are pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from docs.picture.imports import Imports
from docs.picture.layers import Rows, place, reduce
from docs.picture.layout import GAP, LANE, Layout, Passing, Place, lay_out

WIDTH: Final = 1200
LEFT: Final = 64
"""Left of the bands, where arrows pass a floor."""
RIGHT: Final = 104
TOP: Final = 124
BETWEEN: Final = 54
"""Between two floors, one under the other or side by side."""
INSET: Final = 16
HEAD: Final = 58
"""Of a band, above its first row."""
BOX: Final = 44
STEP: Final = 80
"""From one row to the next: a box, and space in which the arrows bend."""
WITH_PURPOSE: Final = 200.0
"""The narrowest box that says what its room is for."""
WIDEST: Final = 404.0
PILL_GAP: Final = 4
NAME_EM: Final = 0.68
"""Mean width of a character of a bold name in the widest of the fonts, em."""
NAME_SIZE: Final = 12.5


@dataclass(frozen=True, slots=True)
class Band:
    """One floor on the page.

    Attributes:
        floor: The package.
        index: Its place among the floors: it has that colour.
        x: Left edge.
        y: Upper edge.
        width: Of the band.
        layout: Its boxes and arrows, from the left edge of the inside.
        boxes: The width of each box.
    """

    floor: str
    index: int
    x: float
    y: float
    width: float
    layout: Layout
    boxes: Mapping[str, float]

    @property
    def height(self) -> float:
        """From the upper edge to the lower one."""
        return HEAD + (len(self.layout.rows) - 1) * STEP + BOX + INSET

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> float:
        """The middle, from the left edge of the page."""
        return self.x + self.width / 2

    def top_of(self, each: Place) -> float:
        """The upper edge of a box, or of an arrow's way past a row."""
        row = next(index for index, row in enumerate(self.layout.rows) if each in row)
        return self.y + HEAD + row * STEP

    def middle_of(self, each: Place) -> float:
        """The middle of a box or of an arrow's way, from the left edge of the page."""
        return self.x + INSET + self.layout.centres[each]


def arrange(imports: Imports, layers: Mapping[str, Rows]) -> list[list[Band]]:
    """The bands, row by row.

    Args:
        imports: The graph.
        layers: The contracts; the floors are under the empty name.
    """
    rows: list[list[Band]] = []
    y, index = float(TOP), 0
    for floors in layers[""]:
        bands = _side_by_side(floors, imports, layers, y, index)
        rows.append(bands)
        y = max(band.bottom for band in bands) + BETWEEN
        index += len(floors)
    return rows


def _side_by_side(
    floors: Sequence[str], imports: Imports, layers: Mapping[str, Rows], y: float, index: int
) -> list[Band]:
    """Floors that don't know each other share the width as they need it."""
    total = WIDTH - LEFT - RIGHT - BETWEEN * (len(floors) - 1)
    parts = [_rows_and_pairs(floor, imports, layers.get(floor, [])) for floor in floors]
    boxes = [_box_widths(rows, imports, total / len(floors)) for rows, _ in parts]
    needs = [
        _need(lay_out(rows, pairs, total, each.__getitem__), each)
        for (rows, pairs), each in zip(parts, boxes, strict=True)
    ]
    bands, x = [], float(LEFT)
    for n, (floor, (rows, pairs)) in enumerate(zip(floors, parts, strict=True)):
        width = total * needs[n] / sum(needs)
        layout = lay_out(rows, pairs, width - 2 * INSET, boxes[n].__getitem__)
        bands.append(Band(floor, index + n, x, y, width, layout, boxes[n]))
        x += width + BETWEEN
    return bands


def _rows_and_pairs(floor: str, imports: Imports, contract: Rows) -> tuple[Rows, list[tuple[str, str]]]:
    pairs = imports.within(floor)
    rooms = [name for name, room in imports.rooms.items() if room.floor == floor]
    return place(rooms, pairs, contract), reduce(pairs)


def _box_widths(rows: Rows, imports: Imports, width: float) -> dict[str, float]:
    """Equal ones with a purpose where the rows are short enough, else as wide as what stands in them."""
    longest = max(map(len, rows))
    equal = min(WIDEST, (width - 2 * INSET - 3 * (GAP + LANE)) / longest - GAP)
    if equal >= WITH_PURPOSE:
        return {name: equal for row in rows for name in row}
    return {name: _narrow(imports, name) for row in rows for name in row}


def _narrow(imports: Imports, name: str) -> float:
    room = imports.rooms[name]
    pills = sum(pill_width(count) + PILL_GAP for count in imports.down(name).values())
    return max(66.0, len(room.label) * NAME_SIZE * NAME_EM + 18, 24 + 7 * len(str(room.modules)) + pills)


def pill_width(count: int) -> int:
    """The width of a coloured number."""
    return 10 + 6 * len(str(count))


def _need(layout: Layout, boxes: Mapping[str, float]) -> float:
    """The width of the widest row, with the insides of the band."""
    rows = [[LANE if isinstance(each, Passing) else boxes[each] for each in row] for row in layout.rows]
    return max(sum(row) + GAP * (len(row) - 1) for row in rows) + 2 * INSET
