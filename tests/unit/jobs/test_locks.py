from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.locks import running_scheduler, scheduler_lock, task_lock
from storage.errors import RunLocked


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
