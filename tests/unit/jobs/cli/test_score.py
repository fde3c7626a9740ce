"""score: what is refused before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_a_date_without_files_fails_and_is_on_record(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    ended = yeban("score", "comment", "--date", "2026-01-05", "--home", tmp_path)
    ended.failed_with(1, "no Parquet file for 2026-01-05", "dumps/comment/dt=2026-01-05", str(tmp_path))
    assert [(each.job, each.state) for each in home.run_log.list()] == [("score", "failed")]
    assert not home.warehouse.exists()


def test_an_input_that_is_typed_counts_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_home(tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    ended = yeban("score", "comment", "--date", "2026-01-05", "--input", "mine/dt={date}", "--home", tmp_path / "home")
    ended.failed_with(1, str(tmp_path / "mine/dt=2026-01-05"))


def test_names_and_dates_that_are_none(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    yeban("score", "coment", "--date", "2026-01-05", "--home", tmp_path).failed_with(2, "did you mean 'comment'?")
    yeban("score", "comment", "--date", "2026-02-30", "--home", tmp_path).failed_with(2, "is no date")
    assert home.run_log.list() == []
