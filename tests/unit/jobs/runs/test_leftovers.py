"""What killed runs left half-written, removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.config.model import Config
from jobs.runs.leftovers import sweep
from storage.files.atomic import TEMPORARY_PREFIX
from storage.processes import host_name

LEFT = f"{TEMPORARY_PREFIX}{host_name()}-{os.getpid()}-0123456789abcdef"
SWEPT = (
    "parts",
    "shadow",
    "summaries",
    "references",
    "nights",
    "alerts",
    "relabel",
    "evidently",
    "run_records",
    "locks",
    "schedule",
    "retired",
    "prediction_cache",
)


def leave(folder: Path) -> Path:
    """A temporary of an earlier process that had our number."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / LEFT
    file.write_text("half")
    os.utime(file, (1e9, 1e9))
    return file


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", Config())


@pytest.mark.parametrize("name", SWEPT)
def test_leftovers_go_from_every_folder_that_runs_write_to(home: Home, name: str) -> None:
    folder = getattr(home, name)
    left, whole = leave(folder / "comment" / "2026-01-05"), folder / "whole.json"
    whole.write_text("{}")
    sweep(home)
    assert not left.exists()
    assert whole.exists()


def test_beside_the_warehouse_only_its_own_folder_is_swept(home: Home) -> None:
    beside, dump = leave(home.root), leave(home.root / "dumps" / "comment")
    sweep(home)
    assert not beside.exists()
    assert dump.exists(), "what writes the dumps may still be at it"


def test_what_a_living_process_writes_stays(home: Home) -> None:
    home.parts.mkdir(parents=True)
    fresh = home.parts / LEFT
    fresh.write_text("half")
    sweep(home)
    assert fresh.exists()


def test_a_home_in_which_nothing_ran_yet(home: Home) -> None:
    sweep(home)
    assert not home.root.exists()
