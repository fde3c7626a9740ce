"""Nights in processes of their own: what ends one, such as the out-of-memory killer, does not end the scheduler."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

log = logging.getLogger("yeban.schedule")

FAILED: Final = 1
_YEBAN: Final = (sys.executable, "-P", "-c", "from jobs.cli.app import main; main()")
"""The same program as this one; -P, so that no folder beside it is taken for ours."""


class Children:
    """Runs commands of this program and waits for them.

    Args:
        stop_s: How long one may take to end after SIGTERM, seconds.
    """

    def __init__(self, stop_s: float) -> None:
        self._stop_s = stop_s
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._guard = threading.Lock()
        self._stopped = False

    def run(self, arguments: Sequence[str], longest_s: float) -> int:
        """Run a command; its exit code, negative where a signal ended it.

        It has a session of its own: Ctrl-C in a terminal reaches the scheduler alone, which passes it on once.

        Args:
            arguments: Of `yeban`.
            longest_s: After so many seconds it gets SIGTERM.
        """
        with self._guard:
            if self._stopped:
                return -signal.SIGTERM
            try:
                process = subprocess.Popen([*_YEBAN, *arguments], stdin=subprocess.DEVNULL, start_new_session=True)
            except OSError as error:  # no memory or no process left: the night is tried again like any that fails
                log.error("%s: can't be started: %s", " ".join(arguments), error)
                return FAILED
            self._alive.add(process)
        try:
            return process.wait(longest_s)
        except subprocess.TimeoutExpired:
            log.error("%s: still at work after %.1f h, and is stopped", " ".join(arguments), longest_s / 3600)
            return self._end(process)
        finally:
            with self._guard:
                self._alive.discard(process)

    def stop(self) -> None:
        """Send SIGTERM to all, and wait: each finishes or drops its unit and closes its record. Begin no other."""
        with self._guard:
            self._stopped = True
            alive = [*self._alive]
        for process in alive:
            process.terminate()
        for process in alive:
            self._end(process, signalled=True)

    def _end(self, process: subprocess.Popen[bytes], *, signalled: bool = False) -> int:
        if not signalled:
            process.terminate()
        try:
            return process.wait(self._stop_s)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return process.wait()
