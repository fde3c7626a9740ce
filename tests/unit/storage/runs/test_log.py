import dataclasses
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from storage.errors import ConfigError, TerminalError
from storage.processes import host_name, process_start
from storage.runs.log import CHECKED_AT, LEFT_OUT, RunLog, RunRecord

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DONE = RunRecord(
    run_id="20261123-0200-abc",
    job="score",
    task="comment",
    logical_date=date(2026, 11, 22),
    bundle="b1",
    started_at=START,
    finished_at=START + timedelta(minutes=3, microseconds=5),
    state="done",
    rows=100,
    units=2,
    failures=["one 坏 part"],
    metrics={"docs_per_s": 12.5, "device": "cpu", "nothing": None},
    host="night",
    pid=7,
)


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    return RunLog(tmp_path / "runs")


def test_a_record_is_read_back(log: RunLog) -> None:
    bare = dataclasses.replace(
        DONE, run_id="bare", logical_date=None, bundle=None, finished_at=None, failures=[], metrics={}
    )
    for record in (DONE, bare):
        log.write(record)
        assert log.get(record.run_id) == record


def test_writing_again_replaces(log: RunLog) -> None:
    log.write(dataclasses.replace(DONE, state="running", rows=0))
    log.write(DONE)
    assert log.list() == [DONE]


def test_list_is_newest_first_filtered_and_cut(log: RunLog) -> None:
    assert log.list() == []
    records = [
        dataclasses.replace(DONE, run_id=f"r{day}", task=task, started_at=START + timedelta(days=day))
        for day, task in ((2, "news"), (0, "comment"), (3, "comment"), (1, "comment"))
    ]
    for record in records:
        log.write(record)
    assert [record.run_id for record in log.list()] == ["r3", "r2", "r1", "r0"]
    assert [record.run_id for record in log.list("comment", limit=2)] == ["r3", "r1"]


def test_get_takes_the_beginning_of_an_id(log: RunLog) -> None:
    for run_id in ("2026-a", "2026-ab", "2025-x"):
        log.write(dataclasses.replace(DONE, run_id=run_id))
    assert log.get("2025").run_id == "2025-x"
    assert log.get("2026-a").run_id == "2026-a"
    with pytest.raises(ConfigError, match="2 runs start with '2026': 2026-a, 2026-ab"):
        log.get("2026")
    with pytest.raises(ConfigError, match="no runs"):
        log.get("1999")


def test_a_running_record_whose_process_is_gone_was_interrupted(log: RunLog) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    running = dataclasses.replace(
        DONE,
        state="running",
        finished_at=None,
        started_at=datetime.now(UTC),
        host=host_name(),
        pid=os.getpid(),
    )
    others = {
        "alive": running,
        "dead": dataclasses.replace(running, pid=child.pid),
        "dead-elsewhere": dataclasses.replace(running, pid=child.pid, host="another host"),
        "dead-done": dataclasses.replace(running, pid=child.pid, state="done"),
        "pid-given-again": dataclasses.replace(running, started_at=START - timedelta(days=999)),
    }
    for run_id, record in others.items():
        log.write(dataclasses.replace(record, run_id=run_id))
    assert {record.run_id: record.state for record in log.list()} == {
        "alive": "running",
        "dead": "interrupted",
        "dead-elsewhere": "running",
        "dead-done": "done",
        "pid-given-again": "interrupted",
    }


def test_a_run_goes_on_although_the_clock_was_set(log: RunLog) -> None:
    """Its record seems to be older than its process, as after a clock that was set forward by an hour."""
    own = process_start(os.getpid())
    assert own is not None
    running = dataclasses.replace(DONE, state="running", finished_at=None, host=host_name(), pid=os.getpid())
    log.write(dataclasses.replace(running, run_id="goes-on", process_start=own))
    log.write(dataclasses.replace(running, run_id="before-boot", process_start=f"0123456789abcdef{own[16:]}"))
    log.write(dataclasses.replace(running, run_id="old-record"))
    assert {record.run_id: record.state for record in log.list()} == {
        "goes-on": "running",
        "before-boot": "interrupted",
        "old-record": "interrupted",
    }


def test_a_record_without_the_start_of_its_process_is_read(log: RunLog, tmp_path: Path) -> None:
    flat = DONE.as_dict()
    assert flat.pop("process_start") is None
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / f"{DONE.run_id}.json").write_text(json.dumps(flat))
    assert log.list() == [DONE]


ODD = [
    b"",
    b"\xff",
    b"[]",
    b"{}",
    b'{"logical_date": 5}',
    json.dumps({**DONE.as_dict(), "started_at": "2026-11-23T02:00:00"}).encode(),
    json.dumps({**DONE.as_dict(), "finished_at": "2026-11-23T02:00:00"}).encode(),
    json.dumps({**DONE.as_dict(), "state": "running", "pid": "7"}).encode(),
    json.dumps({**DONE.as_dict(), "state": "odd"}).encode(),
    json.dumps({**DONE.as_dict(), "figures": None}).encode(),
    json.dumps({**DONE.as_dict(), "failures": "one"}).encode(),
    json.dumps({**DONE.as_dict(), "process_start": 5}).encode(),
]


@pytest.mark.parametrize("data", ODD)
def test_a_file_that_is_no_run_is_left_out_and_named_once(
    log: RunLog, tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """One bad file must not stop the scheduler, the alerts and the nights of all tasks."""
    log.write(DONE)
    odd = tmp_path / "runs" / "odd.json"
    odd.write_bytes(data)
    for _ in range(2):
        assert log.list() == [DONE]
    assert RunLog(tmp_path / "runs").list("comment") == [DONE]
    (told,) = caplog.records
    assert (told.name, told.levelname) == ("yeban.runs", "WARNING")
    assert str(odd) in told.getMessage()
    (error,) = log.unreadable()
    assert str(odd) in error.got
    assert "move it" in error.action
    with pytest.raises(TerminalError, match=r"odd\.json"):
        log.get("odd")


def test_what_cannot_be_opened_is_left_out_too(log: RunLog, tmp_path: Path) -> None:
    log.write(DONE)
    (tmp_path / "runs" / "folder.json").mkdir()
    (tmp_path / "runs" / "gone.json").symlink_to(tmp_path / "nowhere")
    assert log.list() == [DONE]
    assert [each.facts["path"] for each in log.unreadable()] == [str(tmp_path / "runs" / "folder.json")]


def test_a_temporary_is_no_run(log: RunLog, tmp_path: Path) -> None:
    log.write(DONE)
    (tmp_path / "runs" / ".tmp-h-1-0123456789abcdef.json").write_bytes(b"{")
    assert log.list() == [DONE]
    assert log.get("") == DONE


def test_when_a_run_is_done_and_when_not_all_of_it() -> None:
    later = START + timedelta(hours=3)
    assert DONE.done_at == START
    assert dataclasses.replace(DONE, metrics={CHECKED_AT: later.isoformat()}).done_at == later
    assert dataclasses.replace(DONE, metrics={LEFT_OUT: ["monitor"]}).done_at is None
    assert dataclasses.replace(DONE, state="staged").done_at is None


@pytest.mark.parametrize("checked", ["2026-11-23T02:00:00", "yesterday", 5])
def test_a_look_at_no_moment_makes_no_run(log: RunLog, checked: object) -> None:
    log.write(DONE)
    log.write(dataclasses.replace(DONE, run_id="bad", metrics={CHECKED_AT: checked}))
    assert log.list() == [DONE]
