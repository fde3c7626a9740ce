from __future__ import annotations

import io
import logging

import pytest
from rich.console import Console

from jobs.progress import Bar, LogLines, shown_progress


def test_plain_lines_where_nobody_watches(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "yeban.progress")
    with shown_progress(Console(file=io.StringIO())) as progress:
        assert isinstance(progress, LogLines)
        progress.begin("score", 10)
        progress.advance(4)
        progress.advance(6)
    assert [record.getMessage() for record in caplog.records] == ["score: 10 rows to do", "score: 10 of 10 rows"]


def test_a_bar_on_a_terminal() -> None:
    screen = io.StringIO()
    with shown_progress(Console(file=screen, force_terminal=True)) as progress:
        assert isinstance(progress, Bar)
        progress.begin("score", 10)
        progress.advance(10)
    assert "10/10" in screen.getvalue()
