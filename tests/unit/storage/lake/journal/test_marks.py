from __future__ import annotations

from pathlib import Path

from storage.files.slot_folders import slot_folder
from storage.lake.journal.marks import MARKS, Marks
from storage.lake.parts import PartStore
from tests.support.predictions import slot_of, stage, units_of

SLOT = slot_of()
UNIT, OTHER = units_of(SLOT, 200, 100)


def test_marks_are_kept_apart_and_outlive_a_new_part(tmp_path: Path) -> None:
    marks, store = Marks(tmp_path), PartStore(tmp_path)
    assert marks.of(SLOT, "again") == set()
    marks.add(SLOT, "again", [UNIT.unit_id, OTHER.unit_id])
    marks.add(SLOT, "renewed", [OTHER.unit_id])
    stage(store, UNIT, OTHER)
    store.discard(SLOT, [UNIT.unit_id])
    assert marks.of(SLOT, "again") == {UNIT.unit_id, OTHER.unit_id}
    assert marks.of(SLOT, "renewed") == {OTHER.unit_id}
    marks.remove(SLOT, "again", [UNIT.unit_id, "never-marked"])
    assert marks.of(SLOT, "again") == {OTHER.unit_id}
    assert store.staged_units(SLOT) == {OTHER.unit_id}


def test_a_mark_is_an_empty_file_in_the_slots_folder(tmp_path: Path) -> None:
    for mark in MARKS:
        Marks(tmp_path).add(SLOT, mark, ["u"])
    files = {path.name: path.read_bytes() for path in slot_folder(tmp_path, SLOT).iterdir()}
    assert files == {"again-u": b"", "renewed-u": b""}


def test_another_slot_has_marks_of_its_own(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    marks.add(SLOT, "again", ["u"])
    assert marks.of(slot_of("b2"), "again") == set()
    marks.remove(slot_of("b2"), "again", ["u"])
    assert marks.of(SLOT, "again") == {"u"}
