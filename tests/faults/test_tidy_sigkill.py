"""`yeban tidy` killed in the middle: nothing is doubled, nothing comes back, and the next one ends what was begun."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.lake.journal.states import SlotStates
from storage.lake.parts import PartStore
from tests.support.command import start_yeban, yeban, yeban_process
from tests.support.retention_home import ROWS, night, rows_by_slot, slot_of_age
from tests.support.test_effort import THOROUGH
from tests.support.waiting import wait_until

OLD = tuple(slot_of_age(days) for days in range(400, 430 if THOROUGH else 418))
KILLS = (1, 5, 12) if THOROUGH else (1, 3, 6)
"""After how many dates, one run after the other."""
CONFIG = """
[warehouse]
patience_s = 5
[retention]
predictions = { days = %d }
parts = { days = %d }
[tasks.comment]
input = "dumps/{date}"
"""


def make_home(root: Path, predictions: int, parts: int) -> None:
    root.mkdir()
    for slot in OLD:
        night(root, slot)
    (root / "yeban.toml").write_text(CONFIG % (predictions, parts), "utf-8")


def kill_tidy(root: Path, ready: Callable[[], bool], log: Path) -> None:
    with start_yeban("tidy", "--home", root, log=log) as process:
        wait_until(ready, process, poll_s=0, message=log.read_text)
        process.kill()


@pytest.mark.thorough
def test_predictions(tmp_path: Path) -> None:
    root = tmp_path / "home"
    make_home(root, 1, 9000)
    whole, retired = rows_by_slot(root), SlotStates(root / "parts", root / "retired")
    for notes in KILLS:
        kill_tidy(root, lambda notes=notes: len(retired.retired_slots()) >= notes, tmp_path / "log")
        assert len(retired.retired_slots()) < len(OLD)
        yeban("load", "--home", root).without_traceback()
        left = rows_by_slot(root)
        assert all(left.get(slot) in (None, rows) for slot, rows in whole.items())  # a date goes at once
        assert all(left[slot] == ROWS for slot in OLD if not retired.is_retired(slot))
    yeban_process("tidy", "--home", root).succeeded()
    assert rows_by_slot(root) == {}
    assert list((root / "parts").rglob("*.parquet")) == []
    assert retired.retired_slots() == sorted(OLD, key=lambda slot: slot.logical_date)
    assert "nothing to load" in yeban("load", "--home", root).succeeded().out
    assert rows_by_slot(root) == {}
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_parts(tmp_path: Path) -> None:
    root = tmp_path / "home"
    make_home(root, 9000, 1)
    shutil.copytree(root, tmp_path / "undisturbed")
    yeban("tidy", "--home", tmp_path / "undisturbed").succeeded()
    store, whole = PartStore(root / "parts"), rows_by_slot(root)

    def emptied() -> int:
        return sum(len(store.staged_units(slot)) < 2 for slot in OLD)

    for slots in KILLS:
        kill_tidy(root, lambda slots=slots: emptied() >= slots, tmp_path / "log")
        yeban("load", "--home", root).succeeded()
        assert rows_by_slot(root) == whole
    yeban_process("tidy", "--home", root).succeeded()
    assert rows_by_slot(root) == whole
    assert files(root) == files(tmp_path / "undisturbed")


def files(root: Path) -> dict[str, bytes]:
    """What is left of the nights: plans and summaries, and no part."""
    return {
        str(file.relative_to(root)): file.read_bytes()
        for kind in ("parts", "summaries")
        for file in sorted((root / kind).rglob("*"))
        if file.is_file()
    }
