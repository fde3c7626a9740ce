"""monitor, monitor show: what is asked for in a way that means nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "no --date"),
        ("--date 2026-01-05 --from 2026-01-01", "--from or --to without --freeze-reference"),
        ("--freeze-reference --from 2026-01-01", "--freeze-reference without --from and --to"),
        ("--freeze-reference --bundle abc", "--freeze-reference with --bundle"),
        ("--date 05.01.2026", "is no date"),
    ],
)
def test_options_that_contradict_each_other(tmp_path: Path, options: str, words: str) -> None:
    bare_home(tmp_path)
    yeban("monitor", "comment", *options.split(), "--home", tmp_path).failed_with(2, words)


def test_night_may_be_left_out(tmp_path: Path) -> None:
    bare_home(tmp_path)
    short, whole = (
        yeban("monitor", *words, "comment", "--date", "2026-01-05", "--home", tmp_path).without_traceback()
        for words in ((), ("night",))
    )
    assert (short.code, short.err) == (whole.code, whole.err)
    assert short.code == 1


def test_a_night_that_was_not_monitored_is_not_shown(tmp_path: Path) -> None:
    bare_home(tmp_path)
    ended = yeban("monitor", "show", "comment", "--date", "2026-01-05", "--home", tmp_path).without_traceback()
    assert (ended.code, ended.out) == (1, "")
    assert "2026-01-05" in ended.err
