"""report serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


@pytest.mark.parametrize("port", ["70000", "-1", "http"])
def test_a_port_that_is_none(tmp_path: Path, port: str) -> None:
    home = bare_home(tmp_path)
    ended = yeban("report", "serve", f"--port={port}", "--home", tmp_path).without_traceback()
    assert (ended.code, ended.out) == (2, "")
    assert not home.evidently.exists()


def test_serve_stays_a_command_of_a_group(tmp_path: Path) -> None:
    assert "\n  serve " in yeban("report", "--help").succeeded().out
    yeban("report", "serve", "--home", tmp_path).failed_with(2, "yeban init")
