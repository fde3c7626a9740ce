"""What there is of each kind, how old and how large, and what protects it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from jobs.config.home import Home
from jobs.monitor.report import EVIDENTLY_PAGE, MORNING_PAGE, TREND_DAYS
from jobs.scoring.estimates import WAREHOUSE_BYTES
from jobs.tidy.choosing import Item, Kind
from jobs.tidy.protecting import Protection, find_protection
from storage.errors import WarehouseLocked
from storage.files.atomic import files_in, size_of
from storage.files.slot_folders import find_slots, slot_folder
from storage.records import Slot
from storage.runs.log import RunRecord
from storage.warehouse.ledger import loaded_slots

NIGHTLY_DAYS: Final = 732
"""Nights that the scheduler may look back for, and then some: their records say that they were done."""
_PAGES: Final = (MORNING_PAGE, EVIDENTLY_PAGE)


def take_stock(home: Home, today: date) -> Mapping[Kind, list[Item]]:
    """List everything that may go, by kind.

    Args:
        home: The home.
        today: The present date.
    """
    parts, found = home.part_store, _loaded(home)
    staged = [slot for slot in parts.slots() if parts.remains(slot)]
    tasks = {slot.task for slot in (*staged, *found)} | home.config.tasks.keys()
    shield = find_protection(home, tasks)
    return {
        "predictions": _predictions(found, shield),
        "parts": [
            Item("parts", slot.task, slot, slot.logical_date, parts.size(slot), shield.of_predictions(slot))
            for slot in staged
        ],
        "summaries": [*_folders(home.summaries, "summaries", shield.needs)],
        "nights": [*_folders(home.nights, "nights", lambda slot: _recent(slot, today, home))],
        "reports": [*_reports(home)],
        "evidently": [*_files(home.evidently, "*/snapshots/*.json", "evidently")],
        "runs": _runs(home, today),
        "logs": [*_logs(home, today)],
        "shadow": [*_folders(home.shadow, "shadow", lambda _: "")],
    }


def _loaded(home: Home) -> dict[Slot, int]:
    """Rows of each slot in the warehouse; none where it can't be asked."""
    if not home.warehouse.exists():
        return {}
    try:
        with home.open_warehouse().reading() as con:
            return loaded_slots(con)
    except WarehouseLocked:
        return {}


def _predictions(found: Mapping[Slot, int], shield: Protection) -> list[Item]:
    # Not the file's own size for each row: it stays as it is when rows go, and the next tidy would take more of them.
    return [
        Item(
            "predictions",
            slot.task,
            slot,
            slot.logical_date,
            count * WAREHOUSE_BYTES,
            shield.of_predictions(slot),
            count,
        )
        for slot, count in found.items()
    ]


def _folders(root: Path, kind: Kind, protected: Callable[[Slot], str]) -> Iterator[Item]:
    for slot in find_slots(root):
        size = sum(size_of(file) for file in files_in(slot_folder(root, slot)) if _counts(kind, file))
        yield Item(kind, slot.task, slot, slot.logical_date, size, protected(slot))


def _counts(kind: Kind, file: Path) -> bool:
    return not (kind == "nights" and file.name in _PAGES)


def _recent(slot: Slot, today: date, home: Home) -> str:
    days = max(TREND_DAYS, home.config.monitor.rules().history_nights)
    newer = slot.logical_date >= today - timedelta(days=days)
    return "later nights are judged and drawn with it" if newer else ""


def _reports(home: Home) -> Iterator[Item]:
    for slot in find_slots(home.nights):
        for name in _PAGES:
            page = slot_folder(home.nights, slot) / name
            if page.is_file():
                yield Item("reports", slot.task, page, slot.logical_date, size_of(page))
    yield from _files(home.reports, "**/*", "reports")


def _files(root: Path, pattern: str, kind: Kind) -> Iterator[Item]:
    for file in sorted(root.glob(pattern)):
        if not file.name.startswith(".") and (day := _modified(file)):
            yield Item(kind, "", file, day, size_of(file))


def _modified(file: Path) -> date | None:
    """When a file was written to last; None for what is no file, or gone by now."""
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC).date() if file.is_file() else None
    except FileNotFoundError:
        return None


def _logs(home: Home, today: date) -> Iterator[Item]:
    for file in sorted(home.logs.glob("**/*.log*")):
        if day := _modified(file):
            fresh = "somebody may be writing to it" if day >= today - timedelta(days=1) else ""
            yield Item("logs", "", file, day, size_of(file), fresh)


def _runs(home: Home, today: date) -> list[Item]:
    newest: set[tuple[str, str]] = set()
    items = []
    for record in home.run_log.list():  # the newest first
        file = home.run_records / f"{record.run_id}.json"
        day = record.started_at.date()
        items.append(Item("runs", "", file, day, size_of(file), _of_run(record, newest, today)))
        newest.add((record.job, record.task))
    return items


def _of_run(record: RunRecord, newest: set[tuple[str, str]], today: date) -> str:
    if record.state == "running":
        return "it is running"
    if (record.job, record.task) not in newest:
        return "it is the last of its kind"
    recent = record.started_at.date() >= today - timedelta(days=NIGHTLY_DAYS)
    return "the scheduler looks for its night" if record.job == "nightly" and recent else ""
