"""doctor."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_a_problem_is_an_exit_code_and_has_something_to_do(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    assert yeban("doctor", "--home", tmp_path).without_traceback().code == 0
    home.warehouse.write_bytes(b"no DuckDB file" * 100)
    shown = yeban("doctor", "--home", tmp_path)
    assert shown.code == 1
    lines = shown.out.splitlines()
    (number,) = (number for number, line in enumerate(lines) if line.startswith("problem  warehouse: "))
    assert lines[number + 1].startswith("         to do: ")


def test_as_json(tmp_path: Path) -> None:
    bare_home(tmp_path)
    flat = json.loads(yeban("doctor", "--json", "--home", tmp_path).out)
    assert flat["level"] == "warning"
    levels = {each["about"]: each["level"] for each in flat["checks"]}
    assert (levels["config"], levels["bundle of weibo"]) == ("ok", "warning")


def test_a_home_with_mistakes_is_a_check_like_others(tmp_path: Path) -> None:
    (tmp_path / "yeban.toml").write_text("[engine]\nprecison = 'bf16'\n", "utf-8")
    shown = yeban("doctor", "--home", tmp_path).without_traceback()
    assert shown.code == 2
    assert "did you mean 'precision'?" in shown.out.partition("problem  config: ")[2]
    assert "python: " in shown.out
