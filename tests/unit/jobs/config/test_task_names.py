"""What a task may be called: its name becomes that of files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.config.task_names import is_task_name


@pytest.mark.parametrize("name", ["comment", "news-2026", "a_b", "v1.2", "评论", "7"])
def test_names_that_are_those_of_one_folder(name: str, tmp_path: Path) -> None:
    assert is_task_name(name)
    (tmp_path / name).mkdir()
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "-x", "a/b", "../a", "a b", "a\n", "a\0", "--force"])
def test_names_that_lead_elsewhere_hide_or_look_like_options(name: str) -> None:
    assert not is_task_name(name)
