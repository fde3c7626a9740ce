from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from storage.errors import DiskFull, TerminalError
from storage.nights.store import NightStore, StoredNight
from storage.records import Slot
from tests.support.small_disk_mount import run_on_small_disk

SLOT = Slot("电影/评", date(2026, 1, 5), "a b")
AT = datetime(2026, 1, 6, 2, 0, 0, 5, tzinfo=UTC)
NIGHT = StoredNight(b'{"findings": 1}', b'{"judgement": 1}', AT)


@pytest.fixture
def store(tmp_path: Path) -> NightStore:
    return NightStore(tmp_path / "nights")


def test_a_night_is_read_back(store: NightStore) -> None:
    assert (store.read(SLOT), store.judgement(SLOT), store.measured_at(SLOT)) == (None, None, None)
    store.write(SLOT, NIGHT)
    assert store.read(SLOT) == NIGHT
    assert store.judgement(SLOT) == NIGHT.judgement
    assert store.measured_at(SLOT) == AT


def test_a_rerun_replaces_and_leaves_nothing(store: NightStore) -> None:
    store.write(SLOT, NIGHT)
    report = store.path(SLOT, "report.html")
    report.write_text("页")
    newer = StoredNight(b"new", NIGHT.judgement, AT + timedelta(hours=1))
    store.write(SLOT, newer)
    assert store.read(SLOT) == newer
    assert len(list(report.parent.iterdir())) == 4
    assert report.read_text() == "页"


def test_a_rerun_mends_what_is_damaged(store: NightStore) -> None:
    """The same findings have the same file name: that it is there does not say that it is whole."""
    store.write(SLOT, NIGHT)
    folder = store.path(SLOT, "report.html").parent
    for file in folder.iterdir():
        file.write_bytes(b"")
    store.write(SLOT, NIGHT)
    assert store.read(SLOT) == NIGHT


def test_asking_for_another_file_makes_nothing(store: NightStore, tmp_path: Path) -> None:
    assert not store.has(SLOT, "report.html")
    assert list(tmp_path.iterdir()) == []
    store.path(SLOT, "report.html").write_text("页")
    assert store.has(SLOT, "report.html")


def test_dates_are_those_of_the_task_and_bundle(store: NightStore) -> None:
    slots = [
        Slot(task, date(2026, 1, day), bundle)
        for task, day, bundle in (("a", 9, "b"), ("a", 2, "b"), ("a", 5, "c"), ("z", 3, "b"))
    ]
    for slot in slots:
        store.write(slot, NIGHT)
    store.path(Slot("a", date(2026, 1, 7), "b"), "report.html").touch()
    assert store.dates("a", "b") == [date(2026, 1, 2), date(2026, 1, 9)]
    assert store.slots("a") == [slots[1], slots[2], slots[0]]
    assert store.dates("none", "b") == []


@pytest.mark.parametrize("name", ["night.json", "findings-x.json", "judgement-1.json", "../x", "a/b", ""])
def test_the_stores_own_names_are_refused(store: NightStore, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a file"):
        store.path(SLOT, name)


@pytest.mark.parametrize("pattern", ["findings-*", "judgement-*"])
def test_a_lost_file_is_explained(store: NightStore, pattern: str) -> None:
    store.write(SLOT, NIGHT)
    folder = store.path(SLOT, "x").parent
    next(folder.glob(pattern)).unlink()
    with pytest.raises(TerminalError, match="can't be read"):
        store.read(SLOT)
    store.write(SLOT, NIGHT)
    assert store.read(SLOT) == NIGHT


def pair(number: int) -> StoredNight:
    return StoredNight(b"f%d" % number * 5000, b"j%d" % number * 5000, AT + timedelta(seconds=number))


def write_many(root: Path, count: int) -> None:
    store = NightStore(root)
    for number in range(1, count):
        store.write(SLOT, pair(number))


def test_readers_never_see_a_mix(store: NightStore, tmp_path: Path) -> None:
    store.write(SLOT, pair(0))
    writer = multiprocessing.get_context("spawn").Process(target=write_many, args=(tmp_path / "nights", 60))
    writer.start()
    seen = set()
    while writer.is_alive():
        night = store.read(SLOT)
        assert night is not None
        number = int((night.measured_at - AT).total_seconds())
        assert night == pair(number)
        seen.add(number)
    writer.join()
    assert writer.exitcode == 0
    assert len(seen) > 3


def replace_on_a_full_disk(disk: str) -> None:
    store = NightStore(Path(disk) / "nights")
    store.write(SLOT, NIGHT)
    try:
        store.write(SLOT, StoredNight(b"new", b"x" * 20_000_000, AT))
        error = ""
    except DiskFull as full:
        error = full.got
    print(json.dumps({"error": error, "kept": store.read(SLOT) == NIGHT}))


def test_a_full_disk_leaves_the_old_night(tmp_path: Path) -> None:
    story = run_on_small_disk(tmp_path / "disk", __name__, "replace_on_a_full_disk")
    assert story["error"].startswith("no space left for")
    assert story["kept"]
