"""How a long job gives the task to others: it looks between units whether anybody waits, and it keeps to a pace.

A run that waits holds a shared lock on `<task>.wanted`. The operating system takes that lock away when its process
ends, so a stale claim can never be left behind.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from storage.errors import TaskWanted
from storage.records import Unit

LOOK_EVERY_S: Final = 0.25
"""How often a job that pauses looks whether anybody waits."""
_BUSY: Final = frozenset({errno.EWOULDBLOCK, errno.EACCES})


@contextmanager
def wanting(file: Path) -> Iterator[None]:
    """Show, as long as the block lasts, that this run waits; any number of runs may wait at once."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def is_wanted(file: Path) -> bool:
    """Whether anybody waits right now."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _BUSY  # elsewhere: a file system without such locks, where no run can wait
    finally:
        os.close(descriptor)
    return False


@dataclass(slots=True)
class Yielding:
    """What a long job does between units.

    Attributes:
        wanted: Whether another run waits.
        rows_per_second: Most rows of a second, on average since the run began; None for no bound.
        clock: Seconds that only go forward.
        sleep: Waits so many seconds.
        paused_s: Seconds that were waited for the pace.
    """

    wanted: Callable[[], bool]
    rows_per_second: float | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    paused_s: float = 0.0
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = self.clock()

    def between(self, unit: Unit) -> None:
        """Wait until the pace allows the next unit.

        A run that was slower than its pace saves nothing up: the next units are no faster for it.

        Args:
            unit: The one that was done.

        Raises:
            TaskWanted: Another run waits.
        """
        self._give_way()
        began = self.clock()
        until = self._since + unit.rows / self.rows_per_second if self.rows_per_second else began
        while (left := until - self.clock()) > 0:
            self.sleep(min(left, LOOK_EVERY_S))
            self._give_way()
        self._since = max(until, began)
        self.paused_s += self.clock() - began

    def _give_way(self) -> None:
        if self.wanted():
            raise TaskWanted(
                "another run of the task waits for it",
                expected="nothing: what was finished is kept",
                action="this job takes up again when that run is over",
            )
