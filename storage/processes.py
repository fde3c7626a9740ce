"""Which process on this machine is which: is it alive, since when, what is it called."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import Final

START_SLACK_S: Final = 5.0
"""Tolerance when a process's start is compared with something it did, for clocks that are set meanwhile."""


def host_name() -> str:
    """Name of this machine, as runs and temporary files carry it."""
    return socket.gethostname()


def is_alive(pid: int, at: float) -> bool:
    """Whether the process that was `pid` at an instant still runs on this host.

    A pid alone proves nothing: in a container the next run often gets the same one. A process that started
    after the instant is another one.

    Args:
        pid: Process id on this host.
        at: Seconds since the epoch when the process was seen or did something.
    """
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    started = _started_at(pid)
    return started is None or started <= at + START_SLACK_S


def process_name(pid: int) -> str | None:
    """Command line of a process, shortened, or None where the system does not tell."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    words = raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return words[:120] or None


def _started_at(pid: int) -> float | None:
    """Start of a process in seconds since the epoch, or None where /proc does not tell."""
    try:
        # The second field is the command in parentheses and may hold blanks; the start is field 22.
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        booted = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text(), re.MULTILINE)
    except OSError:
        return None
    return float(booted[1]) + int(after_name[19]) / os.sysconf("SC_CLK_TCK") if booted else None
