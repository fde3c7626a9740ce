"""A disk that is full at each step of a night: what failed is told, and the same command ends the night once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import CommandResult, yeban
from tests.support.homes import DAY, Home
from tests.support.nightly_home import QUIET, assert_nights_complete, deliver_dump, nightly, records, steps
from tests.support.small_disk_mount import fill, run_on_small_disk

MODULE = "tests.faults.test_night_full_disk"
LEAVE = 16_384
"""Bytes that are enough for the records of a night and for no step of it."""


def _scored(home: Home) -> None:
    home.score().succeeded()


def _lost_warehouse(home: Home) -> None:
    home.score().succeeded()
    home.warehouse.unlink()


def _monitored(home: Home) -> None:
    home.score().succeeded()
    yeban("monitor", home.task, "--date", DAY, "--home", home.root)


BEFORE: dict[str, tuple[Callable[[Home], object], int]] = {
    "nothing": (lambda _: None, 0),
    "score": (lambda _: None, LEAVE),
    "load": (_lost_warehouse, LEAVE),
    "monitor": (_scored, LEAVE),
    "relabel pick": (_monitored, LEAVE),
}
"""What was done before the disk was full, by the step that then fails, and the bytes that are left."""


def stories(disk: str, root: str, bundle: str) -> None:
    """Each step meets a full disk, in a home of its own."""
    told: dict[str, Any] = {}
    for step, (before, leave) in BEFORE.items():
        home = Home(Path(shutil.copytree(root, Path(disk) / "home")), "comment", Path(bundle))
        before(home)
        ballast = fill(Path(disk), leave)
        full = nightly(home)
        states = [each["figures"].get("steps", {}) for each in records(home)]
        ballast.unlink()
        mended = steps(home)
        assert_nights_complete(home, [DAY])
        told[step] = {"full": asdict(full), "states": states, "mended": mended}
        shutil.rmtree(home.root)
    print(json.dumps(told))


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=50, more=QUIET)
    deliver_dump(home)
    return home


def test_each_step_meets_a_full_disk(home: Home, tmp_path: Path) -> None:
    told = run_on_small_disk(tmp_path / "disk", MODULE, "stories", home.root, home.bundle, megabytes=32)
    for step, story in told.items():
        CommandResult(**story["full"]).failed_with(1, "o space left")
        for last in story["states"]:
            assert step == "nothing" or last[step]["state"] in ("failed", "partial"), (step, story)
        assert set(story["mended"].values()) <= {"done", "fresh"}, (step, story)
