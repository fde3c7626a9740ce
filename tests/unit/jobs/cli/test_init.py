"""init."""

from __future__ import annotations

from pathlib import Path

from jobs.config.json_schema import SCHEMA_NAME, TEMPLATE
from tests.support.command import yeban


def test_a_new_home_is_sound(tmp_path: Path) -> None:
    shown = yeban("init", tmp_path / "a" / "b").succeeded().out
    assert f"--home {tmp_path / 'a' / 'b'}" in shown
    assert {each.name for each in (tmp_path / "a" / "b").iterdir()} == {"yeban.toml", SCHEMA_NAME, "dumps"}
    assert (tmp_path / "a" / "b" / "yeban.toml").read_bytes() == TEMPLATE.read_bytes()
    yeban("config", "check", "--home", tmp_path / "a" / "b").succeeded()


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "yeban.toml").write_text("# mine\n", "utf-8")
    yeban("init", tmp_path).failed_with(2, "exists already", "choose another folder")
    assert [each.name for each in tmp_path.iterdir()] == ["yeban.toml"]
    assert (tmp_path / "yeban.toml").read_text("utf-8") == "# mine\n"
