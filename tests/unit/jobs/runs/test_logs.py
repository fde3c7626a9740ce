from __future__ import annotations

import contextvars
import io
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from jobs.runs.logs import JsonLines, PlainLines, current_run, logs_are_json, run_in_logs, set_up_logs
from tests.support.command import environment


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("yeban.test_logs")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)


def test_a_json_line_has_all_that_a_program_needs(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.handlers[0].setFormatter(JsonLines())
    logger.warning("outside")
    with run_in_logs("r1"):
        logger.warning("两行\n%s", "x")
        try:
            raise ValueError("oh")
        except ValueError:
            logger.exception("it broke")
    outside, inside, broken = (json.loads(line) for line in stream.getvalue().splitlines())
    assert outside["run"] is None
    assert datetime.fromisoformat(inside.pop("time")).tzinfo is not None
    assert inside == {"level": "warning", "logger": "yeban.test_logs", "run": "r1", "message": "两行\nx"}
    assert "ValueError: oh" in broken["error"]
    assert "error" not in inside


def test_a_plain_line_names_the_run(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.handlers[0].setFormatter(PlainLines())
    logger.warning("WARNING is a word of it")
    with run_in_logs("r1"):
        logger.warning("inside")
    outside, inside = stream.getvalue().splitlines()
    assert outside.endswith(" WARNING WARNING is a word of it")
    assert inside.endswith(" WARNING [r1] inside")


def test_a_plain_line_says_in_which_zone_its_hour_is(
    written: tuple[logging.Logger, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's zone need not be the configured one, whose hours stand in the messages."""
    logger, stream = written
    logger.handlers[0].setFormatter(PlainLines())
    try:
        for zone in ("Asia/Shanghai", "America/New_York"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            record = logger.makeRecord(logger.name, logging.INFO, "", 0, "now", (), None)
            record.created = datetime(2026, 1, 4, 18, 31, 2, tzinfo=UTC).timestamp()
            logger.handle(record)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert stream.getvalue().splitlines() == [
        "2026-01-05 02:31:02+0800 INFO now",
        "2026-01-04 13:31:02-0500 INFO now",
    ]


def test_a_run_within_a_run_has_its_own_id_and_threads_the_innermost() -> None:
    seen: list[str] = []

    def look() -> None:
        thread = threading.Thread(target=lambda: seen.append(current_run()))
        thread.start()
        thread.join()

    look()
    with run_in_logs("night"):
        look()
        with run_in_logs("score"):
            assert current_run() == "score"
            look()
        assert current_run() == "night"
        look()
    look()
    assert seen == ["", "night", "score", "night", ""]


def test_two_runs_side_by_side_are_not_mixed_up() -> None:
    """A thread that could be of either says nothing rather than the wrong id."""
    begun, ended = threading.Barrier(2), threading.Barrier(2)
    seen: list[str] = []

    def other() -> None:
        with run_in_logs("b"):
            begun.wait(10)
            ended.wait(10)
            assert current_run() == "b"

    thread = threading.Thread(target=other)
    thread.start()
    with run_in_logs("a"):
        begun.wait(10)
        loose = threading.Thread(target=lambda: seen.append(current_run()))
        loose.start()
        loose.join()
        assert current_run() == "a"
        ended.wait(10)
        thread.join()
    assert seen == [""]


def test_who_has_set_up_logging_keeps_it() -> None:
    before = list(logging.getLogger().handlers)
    assert before  # the test runner's
    set_up_logs(as_json=True)
    assert logging.getLogger().handlers == before
    assert not logs_are_json()


def test_looks_change_and_lines_are_written_once() -> None:
    code = (
        "import logging; from jobs.runs.logs import set_up_logs\n"
        "set_up_logs(as_json=False); logging.info('one')\n"
        "set_up_logs(as_json=True, level='warning'); logging.info('two'); logging.warning('three')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    plain, flat = done.stderr.splitlines()
    assert plain.endswith(" INFO one")
    assert json.loads(flat)["message"] == "three"


def test_a_block_that_a_stop_left_open_may_end_in_another_context() -> None:
    """As the garbage collector ends it: nobody must see a traceback because of it."""
    left_open = run_in_logs("stopped")
    contextvars.copy_context().run(left_open.__enter__)
    left_open.__exit__(None, None, None)
    assert current_run() == ""
