"""What scoring some rows will take: time from past runs or a short measurement, disk from what earlier rows took."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from batch.input.dump import Dump
from batch.input.reader import read_units
from jobs.config.home import Home
from jobs.runs.disk_space import Need
from models.bundle import Bundle
from storage.errors import InputError, YebanError
from storage.lake.journal.slot_journal import SlotJournal
from storage.records import Slot, Unit
from storage.runs.log import RunRecord
from storage.warehouse.ledger import loaded_rows

PAST_RUNS: Final = 7
"""Newest runs whose median speed is taken."""
ROWS_THAT_TELL: Final = 1_000
"""With fewer rows a run is all start-up."""
PART_BYTES: Final = 80
WAREHOUSE_BYTES: Final = 150
"""Bytes of a row where nothing is known: comments of two classes without ids or slices take 43 and 112."""
_TELLING_WAREHOUSE_ROWS: Final = 200_000
_PROBE_ROWS: Final = 256
_PROBES: Final = 4
_PROBE_S: Final = 6.0
_SLOTS: Final = 2

Source = Literal["runs", "measured", "unknown"]


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast rows are scored.

    Attributes:
        docs_per_s: Rows of a second; None where it is not known.
        source: From past runs of this bundle, device and precision, or measured on rows of the dump.
        count: How many runs, or rows.
    """

    docs_per_s: float | None
    source: Source
    count: int


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of a row.

    Attributes:
        part: Of its part, with profile, sample and checksums.
        warehouse: In the DuckDB file.
        known: The parts are what earlier rows of the task took; else an assumption.
    """

    part: float
    warehouse: float
    known: bool

    def needs(self, home: Home, rows: int, loaded_rows: int | None = None) -> tuple[Need, Need]:
        """What rows need where.

        Args:
            home: The home.
            rows: Rows to be staged.
            loaded_rows: Rows to be loaded; the same where None.
        """
        into = rows if loaded_rows is None else loaded_rows
        return (
            Need("parts", home.parts, round(rows * self.part)),
            Need("warehouse", home.warehouse.parent, round(into * self.warehouse)),
        )


def past_rate(records: Sequence[RunRecord], bundle: str, host: str, device: str, precision: str) -> Rate | None:
    """The median speed of the newest runs that were like the one to come; None where none was.

    Args:
        records: Runs, newest first.
        bundle: The bundle's version.
        host: This machine.
        device: Where it will compute.
        precision: How.
    """
    wanted = (bundle, host, device, precision)
    speeds = [
        float(each.metrics["docs_per_s"])
        for each in records
        if each.rows >= ROWS_THAT_TELL
        and (each.bundle, each.host, each.metrics.get("device"), each.metrics.get("precision")) == wanted
        and each.metrics.get("docs_per_s")
    ][:PAST_RUNS]
    return Rate(statistics.median(speeds), "runs", len(speeds)) if speeds else None


def measured_rate(home: Home, bundle: Bundle, dumps: Sequence[Dump], wanted: Sequence[frozenset[str]]) -> Rate:
    """Score some rows of the dumps that are to be scored; nothing is kept.

    Args:
        home: The home.
        bundle: What scores.
        dumps: Some dates; the first, the middle and the last are looked at.
        wanted: Units of each that are to be scored.
    """
    from jobs.scoring.scorer import make_scorer

    scorer = make_scorer(home, bundle)
    places = sorted({0, len(dumps) // 2, max(len(dumps) - 1, 0)})
    probes = [each for place in places if dumps for each in islice(_probes(dumps[place], wanted[place]), _PROBES)]
    times: list[tuple[int, float]] = []
    for dump, unit in probes:
        mapping = home.task(unit.slot.task).columns.mapping()
        try:
            ((_, raw),) = read_units(dump.sources[unit.source_path], [unit], mapping, home.config.time_zone)
        except InputError:
            continue
        started = time.perf_counter()
        scorer.score(raw.texts)
        times.append((unit.rows, time.perf_counter() - started))
        if sum(seconds for _, seconds in times) > _PROBE_S:
            break
    counted = times[1:] or times  # the first one pays for what is made on first use
    seconds = sum(seconds for _, seconds in counted)
    rows_timed = sum(rows for rows, _ in counted)
    return Rate(rows_timed / seconds, "measured", rows_timed) if seconds else Rate(None, "unknown", 0)


def find_footprint(home: Home, slot: Slot) -> Footprint:
    """Bytes of a row: of the newest dates of the task, of the same bundle where there are some."""
    journal = home.journal
    store = journal.parts
    slots = sorted(store.slots(slot.task), key=lambda each: (each.bundle == slot.bundle, each.logical_date))
    size = rows = 0
    for each in slots[-_SLOTS:]:
        staged = store.staged_units(each)
        size += store.size(each) if staged else 0
        rows += _staged_rows(journal, each, staged)
    part = size / rows if rows >= ROWS_THAT_TELL else None
    return Footprint(part or PART_BYTES, _warehouse_bytes(home) or WAREHOUSE_BYTES, part is not None)


def _staged_rows(journal: SlotJournal, slot: Slot, staged: set[str]) -> int:
    try:
        plan = journal.plan(slot) if staged else None
    except YebanError:
        return 0
    return sum(unit.rows for unit in plan.units if unit.unit_id in staged) if plan else 0


def _warehouse_bytes(home: Home) -> float | None:
    """Bytes of a row in the warehouse; None where it has too few rows, or another process writes to it."""
    if not home.warehouse.exists():
        return None
    try:
        with home.open_warehouse().reading() as con:
            rows = loaded_rows(con)
    except YebanError:
        return None
    return home.warehouse.stat().st_size / rows if rows >= _TELLING_WAREHOUSE_ROWS else None


def _probes(dump: Dump, wanted: frozenset[str]) -> Iterator[tuple[Dump, Unit]]:
    """Small pieces of the units to be scored."""
    for unit in dump.plan.units:
        if unit.unit_id in wanted:
            for start in range(unit.row_start, unit.row_stop, _PROBE_ROWS):
                stop = min(start + _PROBE_ROWS, unit.row_stop)
                yield dump, Unit(unit.slot, unit.source_path, unit.fingerprint, start, stop)
