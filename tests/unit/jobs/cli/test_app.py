"""`yeban`: the commands, and how errors are reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer.main

from jobs.cli.app import RESUMED, _what_now, app
from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_the_commands_of_the_help() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert set(RESUMED) < commands
    shown = yeban("--help").succeeded().out
    assert [name for name in commands if f"\n  {name} " not in shown] == []
    assert yeban("-h").out == shown


def test_a_mistake_of_a_user_is_a_message_and_its_exit_code(tmp_path: Path) -> None:
    yeban("load", "--home", tmp_path).failed_with(2, "yeban: ", "yeban init")


def test_an_error_of_the_system_is_a_message(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    home.run_records.write_text("a file where the folder of records should be")
    yeban("bundles", "promote", "comment", "0123", "--home", tmp_path).failed_with(1, "fits 0 bundles")
    home.locks.rmdir() if home.locks.is_dir() and not any(home.locks.iterdir()) else None
    yeban("tidy", "--home", "x\0y").without_traceback()


def test_with_json_logs_a_mistake_is_a_line_of_the_log(tmp_path: Path) -> None:
    ended = yeban("--log-json", "load", "--home", tmp_path)
    assert ended.code == 2
    line = json.loads(ended.err.splitlines()[-1])
    assert "yeban init" in json.dumps(line)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("score comment --date today", "the same command goes on from here"),
        ("--log-json nightly comment --date today", "the same command goes on from here"),
        ("train comment --train x", "the same command begins anew"),
        ("backfill comment --force", "give the same command a later --from"),
        ("backfill comment --force --newest-first", "give the same command an earlier --to"),
        ("", "the same command begins anew"),
    ],
)
def test_what_to_do_after_a_stop(typed: str, words: str) -> None:
    assert words in _what_now(typed.split())
