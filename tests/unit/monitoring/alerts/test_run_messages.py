from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitoring.alerts import run_messages
from monitoring.alerts.run_rules import ExpectedRun, RunRules
from storage.runs.log import RunRecord, RunState

ZONE = ZoneInfo("Asia/Shanghai")
DUE = datetime(2026, 1, 5, 18, 30, tzinfo=UTC)
EXPECTED = ExpectedRun("nightly", "comment", date(2026, 1, 5), DUE)


def record(state: RunState, hours: float = 1, days: int = 0, failures: tuple[str, ...] = ()) -> RunRecord:
    began = DUE + timedelta(days=days)
    ended = None if state == "running" else began + timedelta(hours=hours)
    day = date(2026, 1, 5) + timedelta(days=days)
    return RunRecord(
        f"r{days}", "nightly", "comment", day, "b", began, ended, state, 1000, 0, list(failures), {}, "h", 1
    )


def test_missed() -> None:
    found = run_messages.missed(EXPECTED, ZONE)
    assert (found.trouble, found.run_id) == ("missed", "")
    assert found.message.en == "nightly missed: it was due at 2026-01-06 02:30 and has not started"
    assert found.message.zh == "nightly 未运行：应于 2026-01-06 02:30 开始，至今没有记录"


def test_failed_shows_the_first_line_of_the_first_failure() -> None:
    found = run_messages.failed(EXPECTED, record("failed", failures=("no\tspace\nmore", "other")))
    assert (found.message.en, found.run_id) == ("nightly failed: no space", "r0")
    assert run_messages.failed(EXPECTED, record("failed")).message.en == "nightly failed"
    assert len(run_messages.failed(EXPECTED, record("failed", failures=("x" * 900,))).message.en) < 230


def test_late_and_late_after_all() -> None:
    assert "it is running" in run_messages.late(EXPECTED, record("running"), ZONE).message.en
    done = record("done", hours=7)
    found = run_messages.late_after_all(EXPECTED, done, DUE + timedelta(hours=6), ZONE)
    assert found is not None
    assert found.message.en == "nightly late: it was due at 2026-01-06 02:30 and was done at 2026-01-06 09:30"
    assert run_messages.late_after_all(EXPECTED, done, DUE + timedelta(hours=8), ZONE) is None


def test_slow() -> None:
    past = [record("done", hours=1, days=-number) for number in range(1, 7)]
    found = run_messages.slow(EXPECTED, record("done", hours=3), past, RunRules())
    assert found is not None
    assert found.message.en == "nightly slow: 1,000 rows took 180 min, usually 60 min"
    assert run_messages.slow(EXPECTED, record("done", hours=1.9), past, RunRules()) is None
    assert run_messages.slow(EXPECTED, record("done", hours=3), past[:3], RunRules()) is None
