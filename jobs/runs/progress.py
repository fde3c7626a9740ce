"""How long work shows that it goes on: a bar on a terminal, plain log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from jobs.runs.logs import logs_are_json

log = logging.getLogger("yeban.progress")
_LINE_EVERY_S: Final = 10.0


class Progress(Protocol):
    """Where long work reports to."""

    def begin(self, what: str, total: int) -> None:
        """A stage of `total` rows begins."""

    def advance(self, rows: int) -> None:
        """Some more rows are done."""


def in_words(seconds: float) -> str:
    """A duration as text, in the unit that suits its length."""
    minutes, hours = seconds / 60, seconds / 3600
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    if hours >= 1:
        return f"{int(hours)} h {int(minutes % 60)} min"
    return f"{minutes:.0f} min" if minutes >= 2 else f"{seconds:.0f} s"


class LogLines:
    """A log line every ten seconds, for cron and for files.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._what, self._total, self._done, self._last, self._began = "", 0, 0, 0.0, 0.0

    def begin(self, what: str, total: int) -> None:
        """A stage begins."""
        self._what, self._total, self._done, self._last = what, total, 0, self._clock()
        self._began = self._last
        log.info("%s: %d rows to do", what, total)

    def advance(self, rows: int) -> None:
        """Some more rows are done."""
        self._done += rows
        now = self._clock()
        if self._done >= self._total or now - self._last >= _LINE_EVERY_S:
            self._last = now
            log.info("%s: %d of %d rows%s", self._what, self._done, self._total, self._left(now))

    def _left(self, now: float) -> str:
        """How long it will go on as it went so far."""
        left = self._total - self._done
        seconds = (now - self._began) / self._done * left if self._done else 0.0
        return f", about {in_words(seconds)} left" if left > 0 and self._done else ""


class Bar:
    """A bar for each stage."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._current: TaskID | None = None

    def begin(self, what: str, total: int) -> None:
        """A stage begins."""
        self._current = self._bars.add_task(what, total=total)

    def advance(self, rows: int) -> None:
        """Some more rows are done."""
        if self._current is not None:
            self._bars.advance(self._current, rows)


@contextmanager
def shown_progress(console: Console) -> Iterator[Progress]:
    """A progress bar on a terminal, log lines elsewhere."""
    if not console.is_terminal or logs_are_json():
        yield LogLines()
        return
    columns = (TextColumn("{task.description:>6}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    together = sys.stdout.isatty()  # else what is printed meanwhile goes where it was sent, not above the bar
    with RichProgress(*columns, console=console, redirect_stdout=together) as bars:
        yield Bar(bars)
