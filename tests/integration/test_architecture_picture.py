"""The picture of the structure: made from the imports, committed as it is made, and drawn so that nothing is hidden."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from docs.picture.bands import BOX, INSET, WIDTH, Band, arrange
from docs.picture.draw import draw
from docs.picture.floor_arrows import floor_arrows
from docs.picture.imports import Imports, read_imports
from docs.picture.layers import Rows, read_layers
from docs.picture.layout import Passing
from docs.picture.picture import FILE, ROOT, render


@pytest.fixture(scope="module")
def layers() -> dict[str, Rows]:
    return read_layers(ROOT / "pyproject.toml")


@pytest.fixture(scope="module")
def imports(layers: dict[str, Rows]) -> Imports:
    return read_imports(ROOT, [floor for row in layers[""] for floor in row])


@pytest.fixture(scope="module")
def rows(imports: Imports, layers: dict[str, Rows]) -> list[list[Band]]:
    return arrange(imports, layers)


def test_the_committed_picture_is_that_of_the_imports() -> None:
    assert FILE.read_text("utf-8") == render(), "run `make picture`"


def test_the_same_imports_give_the_same_bytes(
    imports: Imports, rows: list[list[Band]], layers: dict[str, Rows]
) -> None:
    assert draw(imports, rows) == draw(imports, arrange(imports, layers))


def test_every_room_is_in_it_and_no_box_covers_another(imports: Imports, rows: list[list[Band]]) -> None:
    boxes = []
    for band in (band for row in rows for band in row):
        for each in (each for row in band.layout.rows for each in row if not isinstance(each, Passing)):
            width = band.boxes[each]
            boxes.append((each, band.middle_of(each) - width / 2, band.middle_of(each) + width / 2, band.top_of(each)))
            assert boxes[-1][1] >= band.x + INSET - 0.5, each
            assert boxes[-1][2] <= band.x + band.width - INSET + 0.5, each
            assert boxes[-1][3] + BOX <= band.bottom
    assert sorted(name for name, *_ in boxes) == list(imports.rooms)
    for (one, left, right, top), (other, left2, right2, top2) in combinations(boxes, 2):
        assert right <= left2 or right2 <= left or abs(top - top2) >= BOX, (one, other)


def test_every_import_between_rooms_goes_down(imports: Imports, rows: list[list[Band]]) -> None:
    bands = {band.floor: band for row in rows for band in row}
    for upper, lower in imports.counts:
        high, low = bands[upper.partition(".")[0]], bands[lower.partition(".")[0]]
        assert high.top_of(upper) < low.top_of(lower), (upper, lower)


def test_floors_that_import_one_another_are_joined_by_their_sums(imports: Imports, rows: list[list[Band]]) -> None:
    arrows = {(arrow.upper.floor, arrow.lower.floor): arrow.count for arrow in floor_arrows(rows, imports.between)}
    assert arrows["jobs", "storage"] == imports.between("jobs", "storage")
    assert sum(arrows.values()) == sum(
        count for (a, b), count in imports.counts.items() if a.partition(".")[0] != b.partition(".")[0]
    )
    assert not {("batch", "monitoring"), ("monitoring", "batch")} & set(arrows)


def test_it_is_one_file_without_a_script_on_a_light_ground() -> None:
    text = FILE.read_text("utf-8")
    root = ET.fromstring(text)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "image", "foreignObject", "use"}
    assert "href" not in text
    assert "url(http" not in text
    assert f'width="{WIDTH}"' in text
    assert re.search(r'<rect width="\d+" height="\d+" fill="#fff"/>', text)
