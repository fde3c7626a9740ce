"""A disk that is full from the start, while parts are staged, and while rows are loaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import CommandResult
from tests.support.homes import Home, comments, covered_once
from tests.support.small_disk_mount import fill, run_on_small_disk

ROWS = 6_000
MODULE = "tests.faults.test_full_disk"


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=500)
    home.dump("a.parquet", comments(ROWS)[0])
    return home


def story(home: Home, disk: Path, leave_bytes: int, mend: Callable[[], CommandResult]) -> dict[str, Any]:
    """Score while the disk is full but for some bytes, then make room and mend it; what happened, JSON-ready."""
    ballast = fill(disk, leave_bytes)
    full = home.score()
    found = {"full": asdict(full), "temporaries": left_over(disk), "staged": len(home.parts())}
    ballast.unlink()
    mended = mend()
    return {**found, "mended": asdict(mended), "whole": covered_once(home, {"a.parquet": ROWS})}


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".tmp-*")]


def home_on_it(disk: str, root: str, bundle: str, *leave_bytes: str) -> None:
    """The home is on the disk; once there is room again, the same command goes on."""
    stories = []
    for each in map(int, leave_bytes):
        home = Home(Path(shutil.copytree(root, Path(disk) / f"home-{each}")), "comment", Path(bundle))
        stories.append(story(home, Path(disk), each, home.score))
        shutil.rmtree(home.root)
    print(json.dumps(stories))


STAGED = {0: (0, 0), 4_096: (0, 0), 200_000: (1, 11), 900_000: (12, 12)}
"""Bytes that are left, and how many of the 12 parts go into them, at least and at most."""


def test_a_home_on_a_full_disk(home: Home, tmp_path: Path) -> None:
    stories = run_on_small_disk(tmp_path / "disk", MODULE, "home_on_it", home.root, home.bundle, *STAGED)
    for (leave_bytes, (least, most)), found in zip(STAGED.items(), stories, strict=True):
        CommandResult(**found["full"]).failed_with(1, "o space left", "run the same command again")
        assert found["temporaries"] == []
        assert least <= found["staged"] <= most, leave_bytes
        mended = CommandResult(**found["mended"]).succeeded()
        assert f"{ROWS - found['staged'] * 500:,} scored now, {found['staged'] * 500:,} done before" in mended.out
        assert found["whole"], leave_bytes


def warehouse_on_it(disk: str, root: str, bundle: str, *leave_bytes: str) -> None:
    """Only the warehouse is on the disk: all parts are staged, and `yeban load` brings them in later."""
    stories = []
    for each in map(int, leave_bytes):
        home = Home(Path(root), "comment", Path(bundle), warehouse_name=f"{disk}/{each}.duckdb")
        home.configure(rows=500)
        stories.append(story(home, Path(disk), each, home.load))
        shutil.rmtree(home.root / "parts")
        home.warehouse.unlink()
    print(json.dumps(stories))


def test_a_warehouse_on_a_full_disk(home: Home, tmp_path: Path) -> None:
    room = (20_000, 900_000)
    stories = run_on_small_disk(tmp_path / "disk", MODULE, "warehouse_on_it", home.root, home.bundle, *room)
    for leave_bytes, found in zip(room, stories, strict=True):
        CommandResult(**found["full"]).failed_with(1, "no space left for", f"{leave_bytes}.duckdb")
        assert found["staged"] == ROWS / 500
        assert found["temporaries"] == []
        assert f"{ROWS:,} rows loaded" in CommandResult(**found["mended"]).succeeded().out
        assert found["whole"], leave_bytes
