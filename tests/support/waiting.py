"""Waiting for what another process or thread does: no test looks at a clock of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

PATIENCE_S: Final = 400.0
"""After this a test is stuck, and fails; nothing is measured."""
_POLL_S: Final = 0.01


class Process(Protocol):
    """A process that may end while one waits."""

    def poll(self) -> int | None: ...


def wait_until(
    condition: Callable[[], Any],
    process: Process | None = None,
    *,
    must_run: bool = True,
    poll_s: float = _POLL_S,
    patience_s: float = PATIENCE_S,
    message: Callable[[], str] = str,
) -> Any:
    """Look again and again until a condition is true; returns what it returned.

    Args:
        condition: What to look at.
        process: Waiting ends with it.
        must_run: Whether it is a failure that the process ends first; else the last result is returned.
        poll_s: Seconds between two looks; 0 for a moment that is over at once.
        patience_s: Seconds after which the test fails.
        message: What to say then, for example the log of the process.
    """
    deadline = time.monotonic() + patience_s
    while not (found := condition()):
        if process is not None and process.poll() is not None:
            found = condition()
            assert found or not must_run, message()
            return found
        assert time.monotonic() < deadline, message()
        time.sleep(poll_s)
    return found
