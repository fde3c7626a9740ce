from __future__ import annotations

import io
import logging

import pytest
from rich.console import Console

from jobs.runs.progress import Bar, LogLines, in_words, shown_progress


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


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "5 s"), (119, "119 s"), (130, "2 min"), (3_600, "1 h 0 min"), (7_500, "2 h 5 min"), (259_200, "3.0 days")],
)
def test_times_in_words(seconds: float, said: str) -> None:
    assert in_words(seconds) == said


def test_lines_say_how_long_it_will_go_on(caplog: pytest.LogCaptureFixture) -> None:
    moments = iter([0.0, 30.0, 60.0])
    lines = LogLines(lambda: next(moments))
    with caplog.at_level("INFO", "yeban.progress"):
        lines.begin("score", 4_000)
        lines.advance(1_000)
        lines.advance(3_000)
    assert caplog.messages == [
        "score: 4000 rows to do",
        "score: 1000 of 4000 rows, about 90 s left",
        "score: 4000 of 4000 rows",
    ]
