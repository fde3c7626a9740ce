"""The picture as SVG: floors as bands, rooms as boxes, imports as arrows. No script, no font or file from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from docs.picture.bands import BOX, INSET, NAME_SIZE, WIDTH, WITH_PURPOSE, Band, pill_width
from docs.picture.floor_arrows import FloorArrow, floor_arrows
from docs.picture.imports import Imports, Room
from docs.picture.layout import Passing

COLOURS: Final = ("#3b4fa8", "#0b7a6f", "#b3560c", "#7a3d9e", "#455a6e")
"""Of the floors, from the top; as text on white all have a contrast of at least 4.5."""
TINTS: Final = ("#f2f4fc", "#eef8f6", "#fdf5ec", "#f8f2fb", "#f2f4f7")
PURPOSE_CHARACTER: Final = 5.3
"""Mean width of a character of a purpose, pixels."""
PORT: Final = 30.0
"""At most, between two arrows at one edge of a box, pixels."""
STYLE: Final = """\
text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; fill: #1d2530 }
.title { font-size: 22px; font-weight: 700 }
.floor { font-size: 17px; font-weight: 700 }
.name { font-size: 12.5px; font-weight: 700 }
.words { font-size: 12px; fill: #4a545f }
.purpose { font-size: 10.5px; fill: #4a545f }
.size { font-size: 10.5px; fill: #5b6572 }
.count { font-size: 10px; fill: #38424d; paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round }
.pill { font-size: 9.5px; font-weight: 700; fill: #fff; text-anchor: middle }
.between { font-size: 12px; font-weight: 700; text-anchor: middle }
path { fill: none }"""


def draw(imports: Imports, rows: Sequence[Sequence[Band]]) -> str:
    """The whole picture.

    Args:
        imports: The graph.
        rows: The bands, row by row.
    """
    bands = [band for row in rows for band in row]
    floors = {band.floor: band.index for band in bands}
    height = round(max(band.bottom for band in bands) + 24)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' role="img" aria-labelledby="title">',
        '<title id="title">The rooms of yeban and what they import</title>',
        f"<style>\n{STYLE}\n</style>",
        "<defs>",
        *(_arrowhead(kind, size, index) for index in range(len(bands)) for kind, size in (("head", 7), ("big", 12))),
        "</defs>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *_heading(imports, bands),
        *(line for band in bands for line in _band(imports, band, floors)),
        *(line for arrow in floor_arrows(rows, imports.between) for line in _floor_arrow(arrow)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _arrowhead(kind: str, size: int, index: int) -> str:
    return (
        f'<marker id="{kind}{index}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="{size}" markerHeight="{size}"'
        f' orient="auto" markerUnits="userSpaceOnUse"><path d="M0 0.6 8 4 0 7.4z" style="fill:{COLOURS[index]}"/>'
        "</marker>"
    )


def _heading(imports: Imports, bands: Sequence[Band]) -> Iterator[str]:
    modules = sum(room.modules for room in imports.rooms.values())
    total = sum(imports.counts.values())
    yield _text(64, 44, "title", "yeban: rooms and what they import")
    yield _text(
        64,
        66,
        "words",
        f"{modules} modules in {len(imports.rooms)} rooms on {len(bands)} floors, {total} imports between rooms, all of"
        " them downward. Made from the code by “make picture”.",
    )
    yield from _legend(bands)


def _legend(bands: Sequence[Band]) -> Iterator[str]:
    y = 96
    yield f'<path d="M66 {y - 14}V{y + 3}" stroke="{COLOURS[0]}" stroke-width="1.5" marker-end="url(#head0)"/>'
    yield _text(71, y - 1, "count", "7")
    yield _text(
        88, y, "words", "the upper room imports the lower one, in 7 places; left out where a longer path says it"
    )
    yield _text(602, y, "size", "12 modules")
    yield _text(664, y, "words", "in the room")
    x = 748.0
    for band in bands[1:]:
        yield from _pill(x, y - 11, 20, band.index, "3")
        yield _text(x + 25, y, "words", band.floor)
        x += 25 + 6 * len(band.floor) + 18
    yield _text(x - 10, y, "words", "imported, 3 times")


def _band(imports: Imports, band: Band, floors: Mapping[str, int]) -> Iterator[str]:
    colour = COLOURS[band.index]
    yield (
        f'<rect x="{band.x:.1f}" y="{band.y:.1f}" width="{band.width:.1f}" height="{band.height:.1f}" rx="12"'
        f' fill="{TINTS[band.index]}" stroke="{colour}" stroke-opacity=".35"/>'
    )
    yield _text(band.x + INSET, band.y + 25, "floor", band.floor + "/", f' style="fill:{colour}"')
    yield _text(band.x + INSET, band.y + 41, "purpose", imports.purposes[band.floor])
    for pair in band.layout.routes:
        yield from _arrow(band, pair, imports.counts[pair])
    for row in band.layout.rows:
        for each in row:
            if not isinstance(each, Passing):
                yield from _box(imports, band, imports.rooms[each], floors)


def _arrow(band: Band, pair: tuple[str, str], count: int) -> Iterator[str]:
    """A curve from port to port, straight where it passes a row."""
    route = band.layout.routes[pair]
    x, y = _port(band, pair, outgoing=True), band.top_of(pair[0]) + BOX
    steps = [f"M{x:.1f} {y:.1f}"]
    for each in route[1:]:
        to_x = _port(band, pair, outgoing=False) if each == pair[1] else band.middle_of(each)
        to_y = band.top_of(each) - (2 if each == pair[1] else 0)
        from_x, bend = x, (to_y - y) * 0.55
        steps.append(f"C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
        if isinstance(each, Passing):
            y += BOX
            steps.append(f"V{y:.1f}")
    colour = (
        f'stroke="{COLOURS[band.index]}" stroke-width="1.5" stroke-opacity=".8" marker-end="url(#head{band.index})"'
    )
    yield f'<path d="{"".join(steps)}" {colour}>{_hint(_sentence(pair, count))}</path>'
    yield from _count(x, y, count, on_left=_leftmost(band, pair) and from_x > x - 1)


def _count(x: float, y: float, count: int, *, on_left: bool) -> Iterator[str]:
    """Beside the head of an arrow."""
    if on_left:
        yield _text(x - 5, y - 6, "count", str(count), ' text-anchor="end"')
    else:
        yield _text(x + 5, y - 6, "count", str(count))


def _leftmost(band: Band, pair: tuple[str, str]) -> bool:
    others = [other for other in band.layout.routes if other[1] == pair[1]]
    return min(_port(band, other, outgoing=False) for other in others) == _port(band, pair, outgoing=False)


def _port(band: Band, pair: tuple[str, str], *, outgoing: bool) -> float:
    """Where an arrow leaves or meets its box: side by side, in the order of the places that they come from."""
    end = 0 if outgoing else 1
    others = {
        other: route[1] if outgoing else route[-2]
        for other, route in band.layout.routes.items()
        if other[end] == pair[end]
    }
    order = sorted(others, key=lambda other: (band.middle_of(others[other]), other))
    room = band.boxes[pair[end]] - 24
    step = min(PORT, room / max(1, len(order) - 1))
    return band.middle_of(pair[end]) + (order.index(pair) - (len(order) - 1) / 2) * step


def _box(imports: Imports, band: Band, room: Room, floors: Mapping[str, int]) -> Iterator[str]:
    width = band.boxes[room.name]
    x, y = band.middle_of(room.name) - width / 2, band.top_of(room.name)
    yield f"<g>{_hint(_imports_of(imports, room))}"
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BOX}" rx="7" fill="#fff"'
        f' stroke="{COLOURS[band.index]}" stroke-width="1.2"/>'
    )
    yield _text(x + 9, y + 17, "name", room.label)
    down = imports.down(room.name)
    if width >= WITH_PURPOSE:
        size = "1 module" if room.modules == 1 else f"{room.modules} modules"
        yield _text(x + 16 + len(room.label) * NAME_SIZE * 0.64, y + 17, "size", size)
        yield _text(x + 9, y + 34, "purpose", _short(room.purpose, width))
        yield from _pills(floors, down, x + width - 8, y + 6)
    else:
        yield _text(x + 9, y + 34, "size", str(room.modules))
        yield from _pills(floors, down, x + width - 8, y + 24)
    yield "</g>"


def _pills(bands: Mapping[str, int], down: Mapping[str, int], x: float, y: float) -> Iterator[str]:
    """How often each lower floor is imported, in its colour, ending at x.

    Args:
        bands: The index of each floor.
        down: Number of imports from a room into each floor.
        x: Right edge.
        y: Upper edge.
    """
    for floor in sorted(down, key=bands.__getitem__, reverse=True):
        width = pill_width(down[floor])
        yield from _pill(x - width, y, width, bands[floor], str(down[floor]))
        x -= width + 4


def _pill(x: float, y: float, width: float, index: int, words: str) -> Iterator[str]:
    yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{width}" height="14" rx="7" fill="{COLOURS[index]}"/>'
    yield _text(x + width / 2, y + 10.5, "pill", words)


def _floor_arrow(arrow: FloorArrow) -> Iterator[str]:
    index, (x, y) = arrow.upper.index, arrow.label
    words = str(arrow.count)
    width = 12 + 8 * len(words)
    yield f'<path d="{arrow.path}" stroke="{COLOURS[index]}" stroke-width="2.5" marker-end="url(#big{index})">'
    yield f"{_hint(_sentence((arrow.upper.floor, arrow.lower.floor), arrow.count))}</path>"
    yield (
        f'<rect x="{x - width / 2:.1f}" y="{y - 10:.1f}" width="{width}" height="20" rx="10" fill="#fff"'
        f' stroke="{COLOURS[index]}"/>'
    )
    yield _text(x, y + 4.5, "between", words)


def _text(x: float, y: float, kind: str, words: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}"{extra}>{escape(words)}</text>'


def _hint(words: str) -> str:
    """What a browser shows when the mouse rests on it."""
    return f"<title>{escape(words)}</title>"


def _sentence(pair: tuple[str, str], count: int) -> str:
    return f"{pair[0]} imports {pair[1]} in {count} {'place' if count == 1 else 'places'}"


def _imports_of(imports: Imports, room: Room) -> str:
    lines = [f"{low}: {count}" for (high, low), count in imports.counts.items() if high == room.name]
    return "\n".join([f"{room.name}: {room.purpose}", *(["imports", *lines] if lines else [])])


def _short(purpose: str, width: float) -> str:
    """The whole line, or what stands before its colon, or as many words as there is room for."""
    most = round((width - 18) / PURPOSE_CHARACTER)
    found = purpose if len(purpose) <= most else purpose.partition(":")[0]
    return found if len(found) <= most else found[: most - 1].rpartition(" ")[0].rstrip(",") + " …"
