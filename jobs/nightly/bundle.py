"""Which bundle a night is scored by: the one that began it, whatever was promoted since."""

from __future__ import annotations

import logging
from datetime import date

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.nightly.report import JOB
from jobs.warehouse.load import units_in_warehouse
from models.bundle import Bundle
from storage.errors import BundleError, PartCorrupt, WarehouseLocked
from storage.records import Slot
from storage.runs.log import RunLog

log = logging.getLogger("yeban.nightly")


def bundle_of_night(home: Home, task: str, night: date, runs: RunLog) -> Bundle:
    """The bundle that has scored some of a night, else the one in use.

    Two bundles would leave half of the night each. One whose predictions were replaced or removed since has scored
    nothing, and one that is no longer at hand can't go on.

    Raises:
        BundleError: There is none.
    """
    used = find_bundle(home, task, None)
    records = (record for record in runs.list(task) if (record.job, record.logical_date) == (JOB, night))
    begun = next((Slot(task, night, record.bundle) for record in records if record.bundle), None)
    if begun is None or begun.bundle == used.version or not _is_begun(home, begun):
        return used
    try:
        bundle = home.registry.open_version(task, begun.bundle)
    except BundleError as error:
        why = error.got
        log.warning("%s %s: the bundle that began it can't be used, %s goes on: %s", task, night, used.version, why)
        return used
    log.info("%s %s: goes on with bundle %s, which began it", task, night, bundle.version)
    return bundle


def _is_begun(home: Home, slot: Slot) -> bool:
    journal = home.journal
    try:
        if journal.plan(slot) is None:
            return False
        return bool(journal.parts.staged_units(slot) or units_in_warehouse(home, slot))
    except (PartCorrupt, WarehouseLocked):
        return True  # unknown, but something of it is there
