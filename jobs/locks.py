"""One run per task: a file lock that dies with its process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from storage.errors import RunLocked
from storage.files import make_folder, write_json
from storage.processes import host_name


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
    make_folder(folder)
    name = f"{job}-{task}" if job else task
    lock = FileLock(folder / f"{name}.lock")
    holder = folder / f"{name}.holder.json"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunLocked(
            f"another {job + ' ' if job else ''}run of task {task!r} is under way: {_describe(holder)}",
            expected="one such run per task at a time",
            action="wait for it to end; a run that died leaves no lock behind",
            task=task,
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
