from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runs.disk_space import Need, check_rooms, existing, rooms_for
from storage.errors import DiskFull

GB = 10**9


def test_needs_of_one_disk_add_up(tmp_path: Path) -> None:
    needs = (Need("parts", tmp_path / "not" / "there", GB), Need("warehouse", tmp_path, 2 * GB))
    (room,) = rooms_for(needs, lambda _: 10 * GB)
    assert (room.needed, room.free) == (3 * GB, 10 * GB)
    assert room.folders == (tmp_path / "not" / "there", tmp_path)


def test_what_has_no_room_is_refused(tmp_path: Path) -> None:
    rooms = rooms_for([Need("parts", tmp_path, 3 * GB)], lambda _: 2 * GB)
    with pytest.raises(DiskFull, match=r"about 3\.0 GB in .*, and 2\.0 GB are free") as caught:
        check_rooms(rooms, 0, "run the same command again")
    assert "yeban tidy" in caught.value.action


def test_what_leaves_little_is_told(tmp_path: Path) -> None:
    rooms = rooms_for([Need("parts", tmp_path, 3 * GB)], lambda _: 5 * GB)
    (warning,) = check_rooms(rooms, 3 * GB, "")
    assert "2.0 GB will be left free, less than the 3.0 GB" in warning
    assert check_rooms(rooms, GB, "") == []


def test_a_small_run_is_left_to_the_disk(tmp_path: Path) -> None:
    rooms = rooms_for([Need("parts", tmp_path, 10_000)], lambda _: 0)
    assert len(check_rooms(rooms, 1, "")) == 1


def test_the_nearest_folder_that_is_there(tmp_path: Path) -> None:
    assert existing(tmp_path / "a" / "b") == tmp_path
    assert existing(tmp_path) == tmp_path
