"""gate: what is refused before a challenger is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


@pytest.mark.parametrize("option", ["golden", "recent"])
def test_a_condition_without_its_file(tmp_path: Path, option: str) -> None:
    home = bare_home(tmp_path)
    ended = yeban("gate", "comment", "0123", f"--{option}-where", "x > 1", "--home", tmp_path)
    ended.failed_with(2, f"--{option}-where without --{option}")
    assert home.run_log.list() == []


def test_a_challenger_has_to_be_named(tmp_path: Path) -> None:
    bare_home(tmp_path)
    ended = yeban("gate", "comment", "--home", tmp_path)
    assert (ended.code, "challenger" in ended.err.lower()) == (2, True)
