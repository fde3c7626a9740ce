"""`yeban`: the commands, and how errors are reported."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer.main

from jobs.cli.app import RESUMED, _what_now, app
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
    file = tmp_path / "file"
    file.write_text("where a folder should be")
    yeban("init", file).failed_with(1, "Not a directory", str(file))


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
