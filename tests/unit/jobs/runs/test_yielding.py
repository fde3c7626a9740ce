from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from jobs.runs.yielding import Yielding, is_wanted, wanting
from storage.errors import TaskWanted
from storage.records import Slot, Unit

UNIT = Unit(Slot("comment", date(2026, 1, 5), "b1"), "a.parquet", "f", 0, 100)


class Clock:
    """Time that passes only while somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def test_somebody_waits_as_long_as_the_block_lasts(tmp_path: Path) -> None:
    file = tmp_path / "comment.wanted"
    assert not is_wanted(file)
    with wanting(file):
        assert is_wanted(file)
        with wanting(file):
            assert is_wanted(file)
        assert is_wanted(file)
    assert not is_wanted(file)


def test_who_is_killed_while_it_waits_wants_nothing(tmp_path: Path) -> None:
    file = tmp_path / "comment.wanted"
    code = (
        "import sys, pathlib, jobs.runs.yielding as t\n"
        "with t.wanting(pathlib.Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(file)], stdin=-1, stdout=subprocess.PIPE) as waiter:
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == b"in\n"
        assert is_wanted(file)
        waiter.kill()
        waiter.wait()
        assert not is_wanted(file)


def test_a_turn_keeps_to_its_pace_on_average() -> None:
    clock = Clock()
    turn = Yielding(lambda: False, 50.0, clock, clock.sleep)
    for _ in range(3):
        clock.now += 0.5  # the work
        turn.between(UNIT)
    assert clock.now == pytest.approx(6.0)
    assert turn.paused_s == pytest.approx(4.5)


def test_a_turn_that_was_slow_saves_nothing_up() -> None:
    clock = Clock()
    turn = Yielding(lambda: False, 50.0, clock, clock.sleep)
    clock.now += 60.0
    turn.between(UNIT)
    assert clock.now == 60.0
    turn.between(UNIT)
    assert clock.now == pytest.approx(62.0)


def test_without_a_pace_nobody_waits() -> None:
    clock = Clock()
    turn = Yielding(lambda: False, None, clock, clock.sleep)
    turn.between(UNIT)
    assert (clock.now, turn.paused_s) == (0.0, 0.0)


def test_a_turn_gives_way_before_and_while_it_pauses() -> None:
    clock = Clock()
    with pytest.raises(TaskWanted):
        Yielding(lambda: True, 50.0, clock, clock.sleep).between(UNIT)
    assert clock.now == 0.0
    with pytest.raises(TaskWanted):
        Yielding(lambda: clock.now > 1.0, 50.0, clock, clock.sleep).between(UNIT)
    assert 1.0 < clock.now < 1.5
