from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from storage.files.slot_folders import find_slots, ids_in_names, remove_empty, slot_folder
from storage.records import Slot

DAY = date(2026, 1, 5)


@pytest.mark.parametrize("task", ["comment", "评论/微博=1", "a b", ".."])
def test_a_slot_is_found_by_its_folder(tmp_path: Path, task: str) -> None:
    slot = Slot(task, DAY, "v1/β")
    folder = slot_folder(tmp_path, slot)
    assert len(folder.relative_to(tmp_path).parts) == 3
    folder.mkdir(parents=True)
    assert find_slots(tmp_path) == find_slots(tmp_path, task) == [slot]
    assert find_slots(tmp_path, "another") == []


def test_slots_are_sorted_and_other_folders_passed_over(tmp_path: Path) -> None:
    slots = [Slot("b", DAY, "1"), Slot("a", date(2026, 1, 6), "1"), Slot("a", DAY, "2"), Slot("a", DAY, "1")]
    for slot in slots:
        slot_folder(tmp_path, slot).mkdir(parents=True)
    (tmp_path / "task=a" / "logical_date=soon" / "bundle=1").mkdir(parents=True)
    (tmp_path / "task=c" / "logical_date=2026-01-05").mkdir(parents=True)
    (tmp_path / "task=c" / "logical_date=2026-01-05" / "bundle=1").touch()
    assert find_slots(tmp_path) == sorted(slots, key=lambda slot: (slot.task, slot.logical_date, slot.bundle))
    assert find_slots(tmp_path / "nowhere") == []


def test_ids_stand_between_prefix_and_suffix(tmp_path: Path) -> None:
    for name in ("part-1.parquet", "part-2.parquet", "part-3.json", "again-1", ".tmp-part-4.parquet"):
        (tmp_path / name).touch()
    assert ids_in_names(tmp_path, "part-", ".parquet") == {"1", "2"}
    assert ids_in_names(tmp_path, "again-", "") == {"1"}
    assert ids_in_names(tmp_path / "nowhere", "part-", "") == set()


def test_empty_folders_go_up_to_the_root_and_no_further(tmp_path: Path) -> None:
    root = tmp_path / "parts"
    one, other = (slot_folder(root, Slot("a", DAY, bundle)) for bundle in "12")
    for folder in (one, other):
        folder.mkdir(parents=True)
    (other / "file").touch()
    remove_empty(one, root)
    assert not one.exists()
    assert other.exists()
    (other / "file").unlink()
    remove_empty(other, root)
    assert [*root.iterdir()] == []
    remove_empty(tmp_path / "elsewhere", root)
    assert root.exists()
