"""backfill: what it says before it computes, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.bare_homes import bare_home
from tests.support.command import yeban

RANGE = ("backfill", "comment", "--from", "2026-01-05", "--to", "2026-01-06")


def test_a_dry_run_lists_the_dates_and_writes_nothing(tmp_path: Path) -> None:
    bare_home(tmp_path)
    shown = yeban(*RANGE, "--dry-run", "--home", tmp_path).succeeded().out
    assert [line.split()[:4] for line in shown.splitlines()[1:3]] == [
        ["2026-01-05", "0", "0", "0"],
        ["2026-01-06", "0", "0", "0"],
    ]
    assert "0 rows of 0 dates to score with bundle " in shown
    flat = json.loads(yeban(*RANGE, "--dry-run", "--json", "--newest-first", "--home", tmp_path).succeeded().out)
    assert [each["date"] for each in flat["dates"]] == ["2026-01-06", "2026-01-05"]
    assert [each.name for each in tmp_path.iterdir()] == ["yeban.toml"]


def test_dates_that_can_not_be_scored_are_named(tmp_path: Path) -> None:
    bare_home(tmp_path)
    ended = yeban(*RANGE, "--json", "--home", tmp_path).without_traceback()
    flat = [json.loads(line) for line in ended.out.splitlines()]
    assert [(each["date"], each["state"]) for each in flat] == [("2026-01-05", "failed"), ("2026-01-06", "failed")]
    assert ended.code == 1
    assert "not complete: 2026-01-05, 2026-01-06" in ended.err


def test_dates_in_the_wrong_order(tmp_path: Path) -> None:
    bare_home(tmp_path)
    yeban(*RANGE[:3], "2026-01-07", *RANGE[4:], "--home", tmp_path).failed_with(2, "2026-01-07")
