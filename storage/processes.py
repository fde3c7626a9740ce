"""Which process on this machine is which: is it alive, since when, what is it called."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import Final

START_SLACK_S: Final = 5.0
"""Tolerance when a process's start is compared with something it did, for clocks that are set meanwhile."""
_BOOT_CHARACTERS: Final = 16
"""Of the boot id: enough to distinguish boots, and short enough for the name of a file."""


def host_name() -> str:
    """Name of this machine, as runs and temporary files carry it."""
    return socket.gethostname()


def process_start(pid: int) -> str | None:
    """When a process started, as no clock that is set can change it: boot and ticks since then, `<16 hex>.<ticks>`.

    None where it is gone or /proc does not have it.
    """
    ticks = _start_ticks(pid)
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().replace("-", "")[:_BOOT_CHARACTERS]
    except OSError:
        return None
    return None if ticks is None else f"{boot}.{ticks}"


def is_alive(pid: int, at: float, start: str | None = None) -> bool:
    """Whether the process that was `pid` at an instant still runs on this host.

    A pid alone proves nothing: in a container the next run often gets the same one. What started at another tick is
    another process; where its start was not noted, what started after the instant is. The clock may be set between
    the two, so the start is the better witness.

    Args:
        pid: Process id on this host.
        at: Seconds since the epoch when the process was seen or did something.
        start: Its `process_start` as it was noted then.
    """
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    if start is not None and (found := process_start(pid)) is not None:
        return found == start
    started = _started_at(pid)
    return started is None or started <= at + START_SLACK_S


def process_name(pid: int) -> str | None:
    """Command line of a process, shortened, or None where the system does not give it."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    words = raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return words[:120] or None


def _started_at(pid: int) -> float | None:
    """Start of a process in seconds since the epoch, or None where /proc does not have it."""
    ticks = _start_ticks(pid)
    try:
        booted = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text(), re.MULTILINE)
    except OSError:
        return None
    return None if ticks is None or booted is None else float(booted[1]) + ticks / os.sysconf("SC_CLK_TCK")


def _start_ticks(pid: int) -> int | None:
    try:
        # The second field is the command in parentheses and may hold blanks; the start is field 22.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, UnicodeDecodeError):
        return None
