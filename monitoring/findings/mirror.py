"""Monitored nights into the warehouse: their files are the truth, and it has a copy."""

from __future__ import annotations

import logging
from datetime import datetime

from monitoring.findings.judgement import read_judgement
from monitoring.findings.record import read_findings
from monitoring.findings.rows import alert_rows, metric_rows
from storage.errors import TerminalError
from storage.nights.store import NightStore
from storage.records import Slot
from storage.warehouse.connection import Warehouse
from storage.warehouse.metrics import record_night, recorded_nights
from storage.warehouse.mirror import copy_missing

log = logging.getLogger("yeban.monitor")


def copy_nights(warehouse: Warehouse, store: NightStore, task: str) -> int:
    """Copy the nights that the warehouse lacks, or has as they were before a rerun; one transaction each.

    A night that can't be read is logged and passed over. When the warehouse is locked, the next run does it.

    Args:
        warehouse: Where they go.
        store: Where they are.
        task: Whose.

    Returns:
        The number of nights copied.

    Raises:
        DiskFull: No space left; what was copied until then stays.
        TerminalError: The warehouse can't be used.
    """
    slots = store.slots(task)
    if not slots:
        return 0

    def copy(known: dict[Slot, datetime]) -> int:
        return sum(_copy(warehouse, store, slot, known.get(slot)) for slot in slots)

    return copy_missing(warehouse, "nights", lambda con: recorded_nights(con, task), copy)


def _copy(warehouse: Warehouse, store: NightStore, slot: Slot, known: datetime | None) -> bool:
    """Copy a night unless the warehouse knows it as it is."""
    try:
        night = None if store.measured_at(slot) == known else store.read(slot)
        if night is None:
            return False
        findings, judgement = read_findings(night.findings), read_judgement(night.judgement)
    except (TerminalError, ValueError) as error:
        log.warning("%s %s can't be copied into the warehouse: %s", slot.task, slot.logical_date, error)
        return False
    metrics = metric_rows(findings, judgement, night.measured_at)
    with warehouse.writing() as con:
        record_night(con, slot, metrics, alert_rows(judgement, night.measured_at))
    return True
