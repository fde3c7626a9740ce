from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.locks import task_lock
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
