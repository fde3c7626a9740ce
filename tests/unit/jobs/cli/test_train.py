"""train: what is refused before anything is trained."""

from __future__ import annotations

from pathlib import Path

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_rows_have_to_be_given(tmp_path: Path) -> None:
    bare_home(tmp_path)
    ended = yeban("train", "comment", "--home", tmp_path).without_traceback()
    assert (ended.code, ended.out, "--train" in ended.err) == (2, "", True)


def test_a_file_that_is_not_there_leaves_no_bundle(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    ended = yeban("train", "comment", "--train", tmp_path / "none.csv", "--home", tmp_path).without_traceback()
    assert (ended.code, ended.out, "none.csv" in ended.err) == (1, "", True)
    assert home.registry.champion("comment") is None
    assert not list(home.bundles.rglob("manifest.json"))


def test_a_setting_that_no_recipe_has(tmp_path: Path) -> None:
    bare_home(tmp_path)
    (tmp_path / "a.csv").write_text("text,label\n好,positive\n坏,negative\n", "utf-8")
    ended = yeban("train", "comment", "--train", tmp_path / "a.csv", "--set", "speed=9", "--home", tmp_path)
    ended.failed_with(2, "speed")
