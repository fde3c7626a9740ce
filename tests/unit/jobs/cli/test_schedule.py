"""schedule start, schedule list, schedule check."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from models.pages.localized_text import LocalizedText
from monitoring.alerts.run_alert import run_alert
from tests.support.bare_homes import bare_home
from tests.support.command import yeban

JOB = '[[schedule.jobs]]\ntask = "comment"\ncron = "30 2 * * *"\n'


def test_jobs_are_listed_with_their_next_time(tmp_path: Path) -> None:
    bare_home(tmp_path, JOB)
    shown = yeban("schedule", "list", "--home", tmp_path).succeeded().out
    row = next(line.split() for line in shown.splitlines() if line.startswith("comment "))
    assert (row[1:7], row[8]) == (["30", "2", "*", "*", "*", "Asia/Shanghai"], "02:30")
    assert "scheduler: none is running for this home" in shown
    flat = json.loads(yeban("schedule", "list", "--json", "--home", tmp_path).succeeded().out)
    assert (flat["scheduler"], len(flat["jobs"])) == (None, 1)


def test_all_is_well(tmp_path: Path) -> None:
    bare_home(tmp_path, JOB)
    assert "no night is missed" in yeban("schedule", "check", "--home", tmp_path).succeeded().out
    assert json.loads(yeban("schedule", "check", "--json", "--home", tmp_path).succeeded().out) == []


def test_a_scheduler_without_jobs_does_not_start(tmp_path: Path) -> None:
    bare_home(tmp_path)
    yeban("schedule", "start", "--home", tmp_path).failed_with(2)


def test_alerts_are_json_for_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert holds a date, which JSON has no form of its own for."""
    (tmp_path / "yeban.toml").write_text("[tasks.comment]\n", "utf-8")
    alert = run_alert("nightly", "comment", date(2026, 1, 5), "missed", "", LocalizedText("缺", "nightly missed"))
    monkeypatch.setattr("jobs.schedule.service.check", lambda *_: (alert,))
    ran = yeban("schedule", "check", "--json", "--home", tmp_path).without_traceback()
    (told,) = json.loads(ran.out)
    assert (told["alert"], told["logical_date"], told["message_en"]) == (alert.id, "2026-01-05", "nightly missed")
    assert ran.code == 3
