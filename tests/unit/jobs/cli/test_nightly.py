"""nightly."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.bare_homes import bare_home
from tests.support.command import yeban

NIGHT = ("nightly", "comment", "--date", "2026-01-05")


def test_a_step_that_is_none(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    yeban(*NIGHT, "--without", "sleep", "--home", tmp_path).failed_with(2, "no such step", "score, load, monitor")
    assert home.run_log.list() == []


def test_a_night_without_a_dump_is_on_record(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    ended = yeban(*NIGHT, "--json", "--home", tmp_path).without_traceback()
    flat = json.loads(ended.out)
    assert (ended.code, flat["task"], flat["logical_date"], flat["state"]) == (1, "comment", "2026-01-05", "failed")
    assert [flat["run_id"]] == [each.run_id for each in home.run_log.list() if each.job == "nightly"]
    assert flat["steps"]["score"]["state"] == "failed"
    shown = yeban(*NIGHT, "--home", tmp_path).out.splitlines()
    assert shown[0].startswith("comment 2026-01-05, bundle ")
    assert [line.split()[0] for line in shown[1:3]] == ["score", "load"]
