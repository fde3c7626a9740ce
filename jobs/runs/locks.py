"""Locks that die with their process: one run per task, one scheduler per home. A long job gives way to others."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from jobs.runs.context import Clock, system_clock
from jobs.runs.yielding import is_wanted, wanting
from storage.errors import RunLocked
from storage.files.atomic import make_folder, write_json
from storage.processes import host_name, is_alive, process_start

log = logging.getLogger("yeban.locks")

YIELD_PATIENCE_S: Final = 3600.0
"""How long a run waits for one that gives way: its longest unit may take a while."""
QUIET_S: Final = 2.0
"""How long the lock must be free before a job that gave way takes it again: a night takes it once per step."""
_NAMELESS_S: Final = 1.0
"""How long a holder may take to write its name."""
_POLL_S: Final = 0.05
_INSTANT_S: Final = 0.2
"""Longer than anybody has a lock who only looks whether it is free."""
_LOOK_S: Final = 0.2
_STILL_WAITING_S: Final = 600.0

SCHEDULER: Final = "@scheduler"
"""Name of the scheduler's lock; it begins as no task's name can."""


@contextmanager
def task_lock(
    folder: Path, task: str, job: str = "", *, yields: bool = False, now: Clock = system_clock
) -> Iterator[None]:
    """Hold the lock of a task; the operating system releases it even after SIGKILL.

    Where a job that yields has it, it is waited for; any other holder turns us away at once.

    Args:
        folder: Where locks are.
        task: The task.
        job: What may run beside scoring and has a lock of its own, such as `monitor`.
        yields: We look between units whether another run waits, see `waits_for`, and don't wait for others that do.
        now: The clock; the holder file records when the lock was taken.

    Raises:
        RunLocked: Another run holds it; names the holder.
        DiskFull: No space left.
    """
    what = f"another {job + ' ' if job else ''}run of task {task!r} is under way"
    with _held(folder, _name(task, job), what, "one such run per task at a time", now, yields=yields, task=task):
        yield


@contextmanager
def scheduler_lock(folder: Path, now: Clock = system_clock) -> Iterator[None]:
    """Hold the lock of the home's scheduler.

    Raises:
        RunLocked: Another scheduler runs for this home; names it.
        DiskFull: No space left.
    """
    with _held(folder, SCHEDULER, "another scheduler runs for this home", "one scheduler per home", now):
        yield


def running_scheduler(folder: Path) -> str | None:
    """Who holds the lock of the home's scheduler, in words; None where none runs."""
    if not (folder / f"{SCHEDULER}.holder.json").exists():
        return None
    lock = FileLock(folder / f"{SCHEDULER}.lock")
    try:
        with lock.acquire(timeout=0):
            return None  # it was killed
    except Timeout:
        return _describe(folder / f"{SCHEDULER}.holder.json")


@contextmanager
def _held(
    folder: Path, name: str, taken: str, expected: str, now: Clock, *, yields: bool = False, **facts: Any
) -> Iterator[None]:
    make_folder(folder)
    lock = FileLock(folder / f"{name}.lock")
    holder = folder / f"{name}.holder.json"
    try:
        if yields:
            lock.acquire(timeout=_INSTANT_S, poll_interval=_POLL_S)
        else:
            _acquire(lock, holder, folder / f"{name}.wanted")
    except Timeout as error:
        raise RunLocked(
            f"{taken}: {_describe(holder)}",
            expected=expected,
            action="wait for it to end; a run that died leaves no lock behind",
            **facts,
        ) from error
    try:
        moment = now().astimezone(UTC).isoformat(timespec="seconds")
        who = {"pid": os.getpid(), "process_start": process_start(os.getpid()), "host": host_name()}
        write_json(holder, {**who, "since": moment, "yields": yields})
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def waits_for(folder: Path, task: str, jobs: Sequence[str] = ("",)) -> Callable[[], bool]:
    """Return a function that is true while a run waits for one of the task's locks."""
    files = [folder / f"{_name(task, job)}.wanted" for job in jobs]
    return lambda: any(is_wanted(file) for file in files)


def let_others_go(folder: Path, task: str, jobs: Sequence[str] = ("",), quiet_s: float = QUIET_S) -> None:
    """Wait until no run waits for a task's locks or holds one, and that has been so for a while.

    However long that takes: a night may score for hours. The log says every ten minutes who is waited for.
    """
    wanted, free_since = waits_for(folder, task, jobs), time.monotonic()
    logged_at = free_since
    locks = {job: FileLock(folder / f"{_name(task, job)}.lock") for job in jobs}
    while (now := time.monotonic()) - free_since < quiet_s:
        taken = [job for job, lock in locks.items() if not _is_free(lock)]
        if taken or wanted():
            free_since = now
        if taken and now - logged_at > _STILL_WAITING_S:
            logged_at = now
            log.info("task %r: still waiting for %s", task, _describe(folder / f"{_name(task, taken[0])}.holder.json"))
        time.sleep(min(_LOOK_S, quiet_s / 4))


def _name(task: str, job: str) -> str:
    return f"{job}-{task}" if job else task


def _is_free(lock: FileLock) -> bool:
    try:
        with lock.acquire(timeout=0):
            return True
    except Timeout:
        return False


def _acquire(lock: FileLock, holder: Path, wanted: Path) -> None:
    """Take the lock, and wait for a holder that gives way.

    Raises:
        Timeout: The holder doesn't, or did not in time.
    """
    try:
        lock.acquire(timeout=0)
        return
    except Timeout:
        if _gives_way(holder) is False:
            raise
    began = time.monotonic()
    with wanting(wanted):
        log.info("waiting for a unit to be finished by %s", _describe(holder))
        while True:
            try:
                lock.acquire(timeout=_POLL_S, poll_interval=_POLL_S)
                return
            except Timeout:
                waited_s, gives_way = time.monotonic() - began, _gives_way(holder)
                nameless = gives_way is None and waited_s > _NAMELESS_S
                if gives_way is False or nameless or waited_s > YIELD_PATIENCE_S:
                    raise


def _gives_way(holder: Path) -> bool | None:
    """Whether the holder of a lock yields it; None where it has not written its name yet."""
    try:
        known = json.loads(holder.read_text())
        there = known["host"] != host_name() or is_alive(
            known["pid"], datetime.fromisoformat(known["since"]).timestamp(), known.get("process_start")
        )
        return bool(known.get("yields")) if there else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _describe(holder: Path) -> str:
    try:
        known = json.loads(holder.read_text())
        return f"pid {known['pid']} on {known['host']} since {known['since']}"
    except (OSError, ValueError, KeyError):
        return "its holder left no name"
