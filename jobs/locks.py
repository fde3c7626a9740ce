"""Locks that die with their process: one run per task, one scheduler per home."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from storage.errors import RunLocked
from storage.files import make_folder, write_json
from storage.processes import host_name

_SCHEDULER: Final = "@scheduler"
"""Begins as no task's name can."""


@contextmanager
def task_lock(folder: Path, task: str, job: str = "") -> Iterator[None]:
    """Hold the lock of a task; the operating system releases it even after SIGKILL.

    Args:
        folder: Where locks are.
        task: The task.
        job: What may run beside scoring and has a lock of its own, such as `monitor`.

    Raises:
        RunLocked: Another run holds it; names the holder.
        DiskFull: No space left.
    """
    what = f"another {job + ' ' if job else ''}run of task {task!r} is under way"
    with _held(folder, f"{job}-{task}" if job else task, what, "one such run per task at a time", task=task):
        yield


@contextmanager
def scheduler_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of the home's scheduler.

    Raises:
        RunLocked: Another scheduler runs for this home; names it.
        DiskFull: No space left.
    """
    with _held(folder, _SCHEDULER, "another scheduler runs for this home", "one scheduler per home"):
        yield


def running_scheduler(folder: Path) -> str | None:
    """Who holds the lock of the home's scheduler, in words; None where none runs."""
    if not (folder / f"{_SCHEDULER}.holder.json").exists():
        return None
    lock = FileLock(folder / f"{_SCHEDULER}.lock")
    try:
        with lock.acquire(timeout=0):
            return None  # it was killed
    except Timeout:
        return _describe(folder / f"{_SCHEDULER}.holder.json")


@contextmanager
def _held(folder: Path, name: str, taken: str, expected: str, **facts: Any) -> Iterator[None]:
    make_folder(folder)
    lock = FileLock(folder / f"{name}.lock")
    holder = folder / f"{name}.holder.json"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunLocked(
            f"{taken}: {_describe(holder)}",
            expected=expected,
            action="wait for it to end; a run that died leaves no lock behind",
            **facts,
        ) from error
    try:
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(holder, {"pid": os.getpid(), "host": host_name(), "since": moment})
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _describe(holder: Path) -> str:
    try:
        known = json.loads(holder.read_text())
        return f"pid {known['pid']} on {known['host']} since {known['since']}"
    except (OSError, ValueError, KeyError):
        return "its holder left no name"
