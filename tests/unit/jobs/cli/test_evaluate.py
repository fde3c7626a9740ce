"""evaluate: what is refused before a network is read."""

from __future__ import annotations

from pathlib import Path

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_rows_have_to_be_given(tmp_path: Path) -> None:
    bare_home(tmp_path)
    ended = yeban("evaluate", "comment", "--home", tmp_path).without_traceback()
    assert (ended.code, ended.out, "--data" in ended.err) == (2, "", True)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    ended = yeban("evaluate", "comment", "--data", tmp_path / "none.csv", "--home", tmp_path).without_traceback()
    assert (ended.code, ended.out, "none.csv" in ended.err) == (1, "", True)
    assert not home.reports.exists()


def test_a_task_without_a_bundle(tmp_path: Path) -> None:
    bare_home(tmp_path)
    (tmp_path / "a.csv").write_text("text,label\n好,positive\n", "utf-8")
    ended = yeban("evaluate", "weibo", "--data", tmp_path / "a.csv", "--home", tmp_path)
    ended.failed_with(1, "task 'weibo' has no bundle yet")
