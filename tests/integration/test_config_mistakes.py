"""Mistakes in yeban.toml and on the command line: all of them named, with a way out, and exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import CommandResult, yeban
from tests.support.homes import DAY, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """No test here gets as far as the bundle."""
    home = Home(tmp_path, "comment", tmp_path / "no-bundle")
    home.configure()
    return home


MISTAKES = {
    "unknown key": ("rows = 1000", "row = 1000", "units.row: unknown key; did you mean 'rows'?"),
    "unknown section": ("[warehouse]", "[warehose]", "warehose: unknown key; did you mean 'warehouse'?"),
    "unknown key of a task": ("bundle =", "bundel =", "tasks.comment.bundel: unknown key; did you mean 'bundle'?"),
    "unknown column": ('text = "text"', 'txt = "text"', "tasks.comment.columns.txt: unknown key; did you mean 'text'?"),
    "wrong type": ("rows = 1000", 'rows = "many"', "units.rows: Input should be a valid integer"),
    "out of range": ("rows = 1000", "rows = 0", "units.rows: Input should be greater than or equal to 1"),
    "unknown device": ('device = "cpu"', 'device = "tpu"', "engine.device: String should match pattern"),
    "not TOML": ("[engine]", "[engine", "is not TOML: "),
    "unknown time zone": (
        "[engine]",
        'time_zone = "Asia/Beijing"\n[engine]',
        "time_zone: 'Asia/Beijing' is no time zone",
    ),
    "half a time zone": ("[engine]", 'time_zone = "Asia"\n[engine]', "time_zone: 'Asia' is no time zone"),
    "endless patience": (
        "patience_s = 0.3",
        "patience_s = inf",
        "warehouse.patience_s: Input should be a finite number",
    ),
    "years of patience": ("patience_s = 0.3", "patience_s = 1e9", "patience_s: Input should be less than or equal to"),
    "a warehouse of nobody": (
        'path = "yeban.duckdb"',
        'path = "~no-such-user/w.duckdb"',
        "warehouse.path: ~no-such-user/w.duckdb: there is no user 'no-such-user'",
    ),
    "task that is no file name": ("[tasks.comment]", '[tasks."a/b"]', "tasks.a/b: 'a/b' can't be a task's name"),
}


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(home: Home, old: str, new: str, message: str) -> None:
    home.change(old, new)
    home.score().failed_with(2, str(home.config), message)


@pytest.mark.parametrize("name", ["what?.duckdb", "deep?/w.duckdb", "back\\\\slash.duckdb"])
def test_a_warehouse_whose_path_duckdb_takes_for_another(home: Home, name: str) -> None:
    home.change('path = "yeban.duckdb"', f'path = "{name}"')
    home.score().failed_with(2, "DuckDB", "? and \\", "`warehouse.path`")


def test_a_home_whose_path_duckdb_takes_for_another(tmp_path: Path) -> None:
    home = Home(tmp_path / "who?", "comment", tmp_path / "no-bundle")
    home.root.mkdir()
    home.configure()
    home.score().failed_with(2, str(home.root), "DuckDB", "? and \\")


@pytest.mark.parametrize("option", ["--input", "--bundle"])
def test_the_folder_of_a_user_that_is_none(home: Home, option: str) -> None:
    home.score(option, "~no-such-user/x").failed_with(2, "~no-such-user/x: there is no user 'no-such-user'")


def test_several_mistakes_are_reported_at_once(home: Home) -> None:
    home.change("rows = 1000", 'row = 5\ntext_mb = "big"')
    home.change("[engine]", 'time_zone = "Mars/Olympus"\n[engine]')
    home.score().failed_with(2, "3 mistake(s)", "units.row: ", "units.text_mb: ", "time_zone: 'Mars/Olympus'")


def test_a_configuration_in_another_encoding(home: Home) -> None:
    home.config.write_bytes("# 注释\n".encode("gbk") + home.config.read_bytes())
    home.score().failed_with(2, "is not UTF-8", "GBK")


def test_a_byte_order_mark_does_no_harm(home: Home) -> None:
    home.config.write_bytes(b"\xef\xbb\xbf" + home.config.read_bytes())
    yeban("runs", "list", "--home", home.root).succeeded()


def score(home: Home, *args: object) -> CommandResult:
    return yeban("score", *args, "--home", home.root)


def test_an_unknown_task_gets_a_suggestion(home: Home) -> None:
    score(home, "coment", "--date", DAY).failed_with(2, "no task 'coment'", "did you mean 'comment'?", "[tasks.coment]")


@pytest.mark.parametrize("command", [("predict", "weebo", "好"), ("load", "weebo"), ("bundles", "show", "weebo")])
def test_other_commands_know_their_tasks_too(home: Home, command: tuple[str, ...]) -> None:
    yeban(*command, "--home", home.root).failed_with(2, "no task 'weebo'")


def test_no_home(tmp_path: Path) -> None:
    ran = yeban("score", "comment", "--date", DAY, "--home", tmp_path / "nowhere")
    ran.failed_with(2, f"no yeban.toml in {tmp_path / 'nowhere'}", "yeban init")


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", ""])
def test_a_date_that_is_none(home: Home, day: str) -> None:
    score(home, "comment", "--date", day).failed_with(2, f"{day!r} is no date", "YYYY-MM-DD")


def test_a_task_without_input(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change('input = "dumps/comment/dt={date}"', "")
    home.score().failed_with(2, "task 'comment' has no input", "--input")


def test_an_input_with_a_strange_placeholder(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change("dt={date}", "dt={day}")
    home.score().failed_with(2, "dt={day}", "{date}")


def test_init_does_not_overwrite(home: Home) -> None:
    before = home.config.read_bytes()
    yeban("init", home.root).failed_with(2, "exists already")
    assert home.config.read_bytes() == before


def test_a_file_where_a_folder_should_be(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.dump("a.parquet", ["好的"])
    (home.root / "locks").touch()
    home.score().failed_with(1, str(home.root / "locks"), "check the path")


def test_a_missing_option(home: Home) -> None:
    ran = score(home, "comment").without_traceback()
    assert ran.code == 2
    assert "--date" in ran.err


def test_predict_without_text(home: Home) -> None:
    yeban("predict", "comment", "--home", home.root).failed_with(2, "no text", "standard input")


def test_predict_with_text_in_another_encoding(home: Home) -> None:
    ran = yeban("predict", "comment", "--home", home.root, stdin="你好\n".encode("gbk"))
    ran.failed_with(2, "not UTF-8", "iconv")
