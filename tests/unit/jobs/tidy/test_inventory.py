from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from jobs.tidy.tidy import TidyRequest, tidy
from storage.nights.store import StoredNight
from storage.runs.log import RunRecord
from tests.support.retention_home import TODAY, home_of, slot_of_age
from tests.support.tidying import CONTEXT, NOW, OLD, YOUNG


def test_nights_pages_runs_and_logs(tmp_path: Path) -> None:
    kinds = ("nights", "reports", "evidently", "logs", "shadow", "runs")
    home = home_of(tmp_path, **{kind: {"days": 30} for kind in kinds})
    store = home.night_store
    for slot in (slot_of_age(90), OLD, YOUNG):
        store.write(slot, StoredNight(b"{}", b"{}", NOW))
        store.path(slot, "report.html").write_text("<p>")
    old = (TODAY - timedelta(days=40)).strftime("%s")
    for name in ("logs/a.log", "logs/b.log.1", "evidently/p/snapshots/s.json", "reports/shadow/comment/x.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        if name != "logs/a.log":
            os.utime(file, (int(old), int(old)))
    (tmp_path / "shadow" / "task=comment" / f"logical_date={OLD.logical_date}" / "bundle=b2").mkdir(parents=True)
    report = tidy(home, TidyRequest(), CONTEXT)
    assert report.failures == []
    assert store.slots("comment") == [YOUNG]  # older ones than the trends go back
    assert store.measured_at(YOUNG) is not None
    assert store.has(YOUNG, "report.html")
    assert not store.has(OLD, "report.html")
    assert (tmp_path / "logs/a.log").exists()
    left = [file.name for kind in ("logs", "evidently", "reports") for file in (tmp_path / kind).rglob("*.*")]
    assert left == ["a.log"]
    assert not (tmp_path / "shadow").exists() or list((tmp_path / "shadow").rglob("bundle=*")) == []


def test_records_of_runs(tmp_path: Path) -> None:
    home = home_of(tmp_path, runs={"days": 30})
    log = home.run_log

    def record(name: str, job: str, age: int, state: str = "done") -> None:
        at = NOW - timedelta(days=age)
        flat = {"run_id": name, "job": job, "task": "comment", "logical_date": None, "bundle": None}
        rest = {"finished_at": at.isoformat(), "state": state, "rows": 0, "units": 0, "failures": [], "figures": {}}
        log.write(RunRecord.from_dict({**flat, **rest, "started_at": at.isoformat(), "host": "another", "pid": 1}))

    for name, job, age, state in (
        ("old", "score", 90, "done"),
        ("running", "score", 80, "running"),
        ("new", "score", 5, "done"),
        ("only", "train", 500, "done"),
        ("night", "nightly", 100, "done"),
        ("ancient", "nightly", 800, "done"),
        ("tonight", "nightly", 1, "done"),
    ):
        record(name, job, age, state)
    report = tidy(home, TidyRequest(), CONTEXT)
    assert sorted(choice.item.target.name for choice in report.gone if isinstance(choice.item.target, Path)) == [
        "ancient.json",
        "old.json",
    ]
    assert {each.run_id for each in log.list()} == {"running", "new", "only", "night", "tonight"}
