"""Log lines with the id of the run that they belong to: plain for people, JSON for programs."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter

from jobs.config.log_level import Level

_RUN: Final[ContextVar[str]] = ContextVar("run", default="")
_at_work: Final[set[str]] = set()
"""Innermost runs of this process: threads that a run has started know no context of it."""
_turn: Final = threading.Lock()


@contextmanager
def run_in_logs(run_id: str) -> Iterator[None]:
    """Lines of the block, and of threads that work for it, carry the run's id."""
    outer = _RUN.get()
    token = _RUN.set(run_id)
    with _turn:
        _at_work.discard(outer)
        _at_work.add(run_id)
    try:
        yield
    finally:
        with suppress(ValueError):  # a stop just as the block begins leaves its end to the collector, elsewhere
            _RUN.reset(token)
        with _turn:
            _at_work.discard(run_id)
            if outer:
                _at_work.add(outer)


def current_run() -> str:
    """The run that a line written now belongs to; empty where it is not known."""
    known = _RUN.get()
    if known:
        return known
    with _turn:
        return next(iter(_at_work)) if len(_at_work) == 1 else ""


class PlainLines(logging.Formatter):
    """`time LEVEL [run] message`, the machine's time with its offset from UTC."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        """The line without a traceback."""
        run = current_run()
        plain = super().formatMessage(record)
        return plain.replace(f" {record.levelname} ", f" {record.levelname} [{run}] ", 1) if run else plain


class JsonLines(JsonFormatter):
    """One JSON object per line: time, level, logger, run, message, and error where there is a traceback."""

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=True)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, _extra: dict[str, Any]) -> None:
        """The fields of a line, in their order."""
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        log_data["run"] = current_run() or None
        log_data["message"] = record.getMessage()
        if record.exc_info:
            log_data["error"] = self.formatException(record.exc_info)


class _OurHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Marks our handler among those of others, such as a test runner's."""


def set_up_logs(*, as_json: bool, level: Level = "info") -> None:
    """Send log lines to standard error; called again, it changes how they look.

    Who has set up logging already, as test runners do, keeps their own.
    """
    root = logging.getLogger()
    ours = next((each for each in root.handlers if isinstance(each, _OurHandler)), None)
    if ours is None:
        if root.handlers:
            return
        ours = _OurHandler(sys.stderr)
        root.addHandler(ours)
    ours.setFormatter(JsonLines() if as_json else PlainLines())
    root.setLevel(level.upper())


def logs_are_json() -> bool:
    """Whether programs read what is logged."""
    return any(
        isinstance(each, _OurHandler) and isinstance(each.formatter, JsonLines) for each in logging.getLogger().handlers
    )
