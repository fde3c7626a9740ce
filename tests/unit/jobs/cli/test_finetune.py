"""finetune: what is refused before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_without_new_labels_there_is_nothing_to_learn(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    ended = yeban("finetune", "comment", "--home", tmp_path).without_traceback()
    assert (ended.code in (1, 2), ended.out) == (True, "")
    assert "expected:" in ended.err
    assert not list(home.bundles.rglob("manifest.json"))


@pytest.mark.parametrize("option", ["new", "rehearsal", "dev"])
def test_a_condition_without_its_file(tmp_path: Path, option: str) -> None:
    bare_home(tmp_path)
    ended = yeban("finetune", "comment", f"--{option}-where", "x > 1", "--home", tmp_path)
    ended.failed_with(2, f"--{option}-where without --{option}")


def test_a_task_without_a_bundle_has_no_parent(tmp_path: Path) -> None:
    bare_home(tmp_path)
    (tmp_path / "a.csv").write_text("text,label\n好,positive\n", "utf-8")
    ended = yeban("finetune", "weibo", "--new", tmp_path / "a.csv", "--home", tmp_path)
    ended.failed_with(1, "task 'weibo' has no bundle yet")
