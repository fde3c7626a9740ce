from __future__ import annotations

import json
import logging
import os
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from jobs.runs.locks import _gives_way, let_others_go, running_scheduler, scheduler_lock, task_lock, waits_for
from storage.errors import RunLocked
from storage.processes import host_name


def test_a_second_run_is_refused_and_told_who_holds_the_task(tmp_path: Path) -> None:
    with task_lock(tmp_path, "comment"):
        with pytest.raises(RunLocked, match=f"pid {os.getpid()} ") as caught, task_lock(tmp_path, "comment"):
            pass
        assert caught.value.exit_code == 75


def test_tasks_do_not_block_each_other(tmp_path: Path) -> None:
    with task_lock(tmp_path, "comment"), task_lock(tmp_path, "weibo"):
        assert (tmp_path / "weibo.lock").exists()


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), task_lock(tmp_path, "comment"):
        raise KeyError
    with task_lock(tmp_path, "comment"):
        assert (tmp_path / "comment.holder.json").exists()
    assert not (tmp_path / "comment.holder.json").exists()


def test_one_scheduler_per_home_beside_any_task(tmp_path: Path) -> None:
    assert running_scheduler(tmp_path) is None
    with scheduler_lock(tmp_path), task_lock(tmp_path, "scheduler"):
        assert f"pid {os.getpid()} " in str(running_scheduler(tmp_path))
        with pytest.raises(RunLocked, match="another scheduler") as caught, scheduler_lock(tmp_path):
            pass
        assert caught.value.exit_code == 75
    assert running_scheduler(tmp_path) is None


def test_a_scheduler_that_was_killed_runs_no_more(tmp_path: Path) -> None:
    with scheduler_lock(tmp_path):
        told = (tmp_path / "@scheduler.holder.json").read_text()
    (tmp_path / "@scheduler.holder.json").write_text(told)
    assert running_scheduler(tmp_path) is None
    with scheduler_lock(tmp_path):
        assert running_scheduler(tmp_path) is not None


def test_a_run_waits_for_a_job_that_yields_and_goes_first(tmp_path: Path) -> None:
    order: list[str] = []
    wanted = waits_for(tmp_path, "comment")

    def run() -> None:
        with task_lock(tmp_path, "comment"):
            order.append("run")

    with task_lock(tmp_path, "comment", yields=True):
        assert not wanted()
        thread = threading.Thread(target=run)
        thread.start()
        while not wanted():
            time.sleep(0.01)
        order.append("yielding")
    let_others_go(tmp_path, "comment", quiet_s=0.2)
    assert order == ["yielding", "run"]
    thread.join()
    assert not wanted()


def test_jobs_that_yield_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with (
        task_lock(tmp_path, "comment", yields=True),
        pytest.raises(RunLocked),
        task_lock(tmp_path, "comment", yields=True),
    ):
        pass


def test_a_name_that_a_killed_run_left_behind_turns_nobody_away(tmp_path: Path) -> None:
    killed = {"pid": 1 << 30, "host": host_name(), "since": "2026-01-05T00:00:00+00:00", "yields": False}
    lock = FileLock(tmp_path / "comment.lock", thread_local=False)
    (tmp_path / "comment.holder.json").write_text(json.dumps(killed))
    lock.acquire()  # somebody who has not written its own name yet
    threading.Timer(0.3, lock.release).start()
    with task_lock(tmp_path, "comment"):
        pass


def test_a_holder_is_there_although_the_clock_was_set(tmp_path: Path) -> None:
    """Set forward, the clock lets the holder seem to have the lock since before it was started."""
    holder = tmp_path / "comment.holder.json"
    with task_lock(tmp_path, "comment", yields=True):
        known = json.loads(holder.read_text()) | {"since": "2026-01-05T00:00:00+00:00"}
        holder.write_text(json.dumps(known))
        assert _gives_way(holder) is True
        holder.write_text(json.dumps(known | {"process_start": "0123456789abcdef.1"}))
        assert _gives_way(holder) is None
        holder.write_text(json.dumps({name: value for name, value in known.items() if name != "process_start"}))
        assert _gives_way(holder) is None


def test_one_who_only_looks_turns_no_job_that_yields_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.runs.locks._INSTANT_S", 30.0)  # this machine may be busy
    lock = FileLock(tmp_path / "comment.lock", thread_local=False)
    lock.acquire()  # as `let_others_go` does, for an instant
    threading.Timer(0.1, lock.release).start()
    with task_lock(tmp_path, "comment", yields=True):
        pass


def test_who_waits_for_long_says_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("jobs.runs.locks._STILL_WAITING_S", 0.1)
    caplog.set_level(logging.INFO, "yeban.locks")
    taken = threading.Event()

    def run() -> None:
        with task_lock(tmp_path, "comment"):
            taken.set()
            time.sleep(0.6)

    thread = threading.Thread(target=run)
    thread.start()
    taken.wait()
    let_others_go(tmp_path, "comment", quiet_s=0.1)
    thread.join()
    assert f"still waiting for pid {os.getpid()}" in caplog.text
