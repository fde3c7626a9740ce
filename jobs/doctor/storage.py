"""The home's files: disk, warehouse, locks, runs, alerts on their way."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from jobs.config.home import Home
from jobs.doctor.check import Diagnosis, ok, problem, warning
from jobs.runs.locks import SCHEDULER
from storage.errors import WarehouseLocked
from storage.files.slot_folders import find_slots
from storage.processes import host_name, is_alive
from storage.runs.log import RunRecord
from storage.warehouse.connection import Warehouse

SPARE_BYTES: Final = 512 << 20
"""Space for what is not estimated: logs, temporaries, a first night."""
LONG_HELD: Final = timedelta(hours=12)
_NIGHTS: Final = 3
_PER_NIGHT: Final = 3
"""A night takes the space of its parts, about as much in the warehouse, and as much again while it is written."""
_LEAST_FILES: Final = 1000


def check_disk(home: Home) -> Iterator[Diagnosis]:
    """Space where the home and the warehouse lie, against what the last nights took."""
    need = _need_bytes(home)
    for name, folder in _folders(home):
        free = shutil.disk_usage(folder).free
        text = f"{_size(free)} free for {name}, " + (f"a night takes about {_size(need)}" if need else "no night yet")
        if not os.access(folder, os.W_OK):
            yield problem("disk", f"{folder} can't be written", "check its rights, and who runs yeban")
        elif free < need:
            yield problem("disk", text, f"free some space in {folder}: tonight may not fit")
        elif free < _NIGHTS * need + SPARE_BYTES:
            yield warning("disk", text, f"free some space in {folder}: it lasts for fewer than {_NIGHTS} nights")
        else:
            yield ok("disk", text)
        files = os.statvfs(folder)
        if files.f_files and files.f_favail < _LEAST_FILES:
            yield problem("disk", f"{files.f_favail} more files fit in {folder}", "remove files: it has too many")


def _folders(home: Home) -> Iterator[tuple[str, Path]]:
    yield "the home", home.root
    place = home.warehouse.parent
    while not place.exists():
        place = place.parent
    if place.stat().st_dev != home.root.stat().st_dev:
        yield "the warehouse", place


def _need_bytes(home: Home) -> int:
    """Of the largest of the last nights of each task, added up."""
    tasks: dict[str, int] = {}
    for task in home.config.tasks:
        slots = sorted(find_slots(home.parts, task), key=lambda slot: slot.logical_date)[-_NIGHTS:]
        sizes = [home.part_store.size(slot) for slot in slots]
        tasks[task] = max(sizes, default=0)
    return _PER_NIGHT * sum(tasks.values())


def check_warehouse(home: Home) -> Iterator[Diagnosis]:
    """Whether it opens, its schema, and what crashes left beside it. It is read, never changed."""
    file = home.warehouse
    orphans = sorted(file.parent.glob(f"{file.name}.wal.orphan*")) if file.parent.is_dir() else []
    if orphans:
        yield warning(
            "warehouse", f"a log without its database lies at {orphans[0]}", "keep it with the database that it is of"
        )
    if not file.exists():
        yield ok("warehouse", f"none yet; the first load makes {file}")
        return
    try:
        found, newest = Warehouse(file, patience_s=0).versions()
    except WarehouseLocked as error:
        yield warning(
            "warehouse", error.got, "close it there; meanwhile nights stay staged, and `yeban load` brings them in"
        )
        return
    text = f"{file}, {_size(file.stat().st_size)}, schema {found}"
    if found < newest:
        text += f"; the next load brings it to {newest}"
    log = file.with_name(f"{file.name}.wal")
    if log.exists():
        text += f"; a log of {_size(log.stat().st_size)} beside it is taken in when it is opened next: leave it there"
    yield ok("warehouse", text)


def check_locks(home: Home, now: datetime) -> Iterator[Diagnosis]:
    """Which process holds a lock, and since when."""
    held = False
    for file in sorted(home.locks.glob("*.holder.json")):
        name = file.name.removesuffix(".holder.json")
        try:
            holder = json.loads(file.read_bytes())
            pid, host, since = int(holder["pid"]), str(holder["host"]), datetime.fromisoformat(holder["since"])
            start = holder.get("process_start")
        except FileNotFoundError:
            continue  # it ended meanwhile
        except (ValueError, KeyError, TypeError):
            yield warning("locks", f"{file} can't be read", "remove it: it only tells who holds the lock")
            continue
        text = f"{name} is held by process {pid} on {host} since {since:%Y-%m-%d %H:%M %Z}"
        if host == host_name() and not is_alive(pid, since.timestamp(), start):
            continue  # it was killed; the lock went with it
        held = True
        if name == SCHEDULER:  # it holds its own for as long as it lives, and no run waits for that
            yield ok("locks", f"the scheduler runs: process {pid} on {host}, since {since:%Y-%m-%d %H:%M %Z}")
        elif now - since > LONG_HELD:
            yield warning("locks", text, f"see what it does (`ps {pid}`); other runs of the task wait for it")
        else:
            yield ok("locks", text)
    if not held:
        yield ok("locks", "nobody holds one")


def check_runs(home: Home) -> Iterator[Diagnosis]:
    """How the last run of each job ended, and files that are no runs."""
    runs = home.run_log
    for error in runs.unreadable():
        yield problem("runs", error.got, f"{error.action}: its run counts as one that never was")
    records = runs.list()
    last: dict[tuple[str, str], RunRecord] = {}
    for record in records:
        last.setdefault((record.task, record.job), record)
    bad = [record for record in last.values() if record.state not in ("done", "running")]
    for record in bad:
        yield _bad_run(record)
    if not bad:
        newest = records[0] if records else None
        text = f"{newest.job} of {newest.task} {newest.logical_date}: {newest.state}" if newest else "none on record"
        yield ok("runs", f"the last one is {text}" if newest else text)


def _bad_run(record: RunRecord) -> Diagnosis:
    text = f"the last {record.job} of {record.task}, {record.logical_date}: {record.state}"
    if record.state == "staged":
        return warning("runs", text, f"run `yeban load {record.task}` when nobody has the warehouse open")
    return warning("runs", text, f"see `yeban runs show {record.run_id}`, then run it again: it does what is missing")


def check_alerts(home: Home) -> Iterator[Diagnosis]:
    """Alerts that a sink has not taken yet."""
    waiting = len([file for file in home.alerts.rglob("waiting/*.json") if not file.name.startswith(".")])
    if waiting:
        yield warning(
            "alerts", f"{waiting} wait for a sink", "see the log of the last `yeban monitor` for what the sink said"
        )
    else:
        yield ok("alerts", "none waits for a sink")


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} TB"
