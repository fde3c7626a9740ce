from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.picture.imports import Imports, read_imports

FILES = {
    "upstairs/__init__.py": '"""Where it begins."""',
    "upstairs/hall/__init__.py": '"""Coats, `boots`.\n\nMore."""',
    "upstairs/hall/door.py": "import upstairs.attic\nimport downstairs.cellar",
    "upstairs/hall/mat.py": "from upstairs.hall import door\nfrom upstairs import attic",
    "upstairs/attic.py": '"""Old things."""\nfrom downstairs import cellar',
    "downstairs/__init__.py": "",
    "downstairs/cellar.py": "",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [each for each in sys.modules if each.partition(".")[0] in ("upstairs", "downstairs")]:
        del sys.modules[name]


@pytest.fixture
def imports(house: Path) -> Imports:
    return read_imports(house, ["upstairs", "downstairs"])


def test_rooms_have_sizes_and_purposes(imports: Imports) -> None:
    rooms = {name: (room.floor, room.label, room.modules, room.purpose) for name, room in imports.rooms.items()}
    assert rooms == {
        "downstairs.cellar": ("downstairs", "cellar", 1, ""),
        "upstairs.attic": ("upstairs", "attic", 1, "Old things"),
        "upstairs.hall": ("upstairs", "hall", 2, "Coats, boots"),
    }
    assert imports.purposes == {"upstairs": "Where it begins", "downstairs": ""}


def test_imports_between_rooms_are_counted(imports: Imports) -> None:
    assert imports.within("upstairs") == {("upstairs.hall", "upstairs.attic"): 2}
    assert imports.between("upstairs", "downstairs") == 2
    assert imports.between("downstairs", "upstairs") == 0
    assert imports.down("upstairs.hall") == {"downstairs": 1}
