"""A clock that only moves when somebody sleeps, and a count of calls: what takes the place of measured seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any


@dataclass(slots=True)
class FakeClock:
    """In place of the module `time` in a module under test.

    Attributes:
        now: Seconds.
        waits: What was slept, in order.
    """

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    perf_counter = time = monotonic

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def count_calls(work: Callable[[], Any]) -> int:
    """Calls of Python functions in a piece of work: its size, the same on every machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
