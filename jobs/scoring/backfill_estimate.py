"""What a backfill will take, before it begins: rows, time, and room on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jobs.config.home import Home
from jobs.runs.disk_space import Room, mb, rooms_for
from jobs.runs.progress import in_words
from jobs.scoring.backfill import BackfillRequest, look_ahead
from jobs.scoring.backfill_dates import DateWork
from jobs.scoring.estimates import Footprint, Rate, find_footprint, measured_rate, past_rate
from models.bundle import Bundle
from storage.processes import host_name
from storage.records import Slot


@dataclass(frozen=True, slots=True)
class Estimate:
    """What it will take.

    Attributes:
        bundle: The bundle's version.
        work: The dates, in their order.
        rate: How fast rows are scored.
        rows_per_second: Most rows of a second that are asked for.
        footprint: Bytes of a row.
        rooms: What is needed and free, by file system.
    """

    bundle: str
    work: Sequence[DateWork]
    rate: Rate
    rows_per_second: float | None
    footprint: Footprint
    rooms: Sequence[Room]

    @property
    def rows(self) -> int:
        """Rows to be scored."""
        return sum(each.pending_rows for each in self.work)

    @property
    def seconds(self) -> float | None:
        """How long scoring takes; None where nobody knows."""
        speeds = [speed for speed in (self.rate.docs_per_s, self.rows_per_second) if speed]
        if not self.rows:
            return 0.0
        return self.rows / min(speeds) if self.rate.docs_per_s else None

    @property
    def fits(self) -> bool:
        """Whether there is room for all of it."""
        return all(room.needed <= room.free for room in self.rooms)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "bundle": self.bundle,
            "rows": self.rows,
            "seconds": self.seconds,
            "rate": asdict(self.rate),
            "rows_per_second": self.rows_per_second,
            "bytes_per_row": asdict(self.footprint),
            "rooms": [{**asdict(room), "folders": [str(folder) for folder in room.folders]} for room in self.rooms],
            "fits": self.fits,
            "dates": [_date(each) for each in self.work],
        }

    def lines(self) -> list[str]:
        """For people."""
        days = sum(1 for each in self.work if each.pending)
        told = [f"{self.rows:,} rows of {days} dates to score with bundle {self.bundle}"]
        if self.rows:
            told.append(f"time: {self._time()}")
        for room in self.rooms:
            where = ", ".join(map(str, room.folders))
            verdict = "" if room.needed <= room.free else ": NOT ENOUGH"
            told.append(f"disk: about {mb(room.needed)} in {where}, {mb(room.free)} free{verdict}")
        if not self.footprint.known:
            told.append("  (nothing of this task is staged yet: the size of a row is assumed)")
        return told

    def _time(self) -> str:
        if self.seconds is None or self.rate.docs_per_s is None:
            return "nobody knows: no past run of this bundle here, and no row could be read to measure it"
        speed = f"{self.rate.docs_per_s:,.0f} docs/s"
        how = f"of {self.rate.count} past runs" if self.rate.source == "runs" else f"measured on {self.rate.count} rows"
        bound = self.rows_per_second
        held = f", held to {bound:g} rows/s" if bound and bound < self.rate.docs_per_s else ""
        return f"about {in_words(self.seconds)} at {speed}, {how}{held}; starting and loading come on top"


def estimate(home: Home, request: BackfillRequest) -> Estimate:
    """Look at what a backfill has to do; nothing is written, and the task's lock is not needed.

    Raises:
        ConfigError: The dates are in the wrong order, or there is no such task.
        YebanError: The bundle can't be used.
    """
    bundle, work = look_ahead(home, request)
    footprint = find_footprint(home, Slot(request.task, request.first, bundle.version))
    rows = sum(each.pending_rows for each in work)
    rooms = rooms_for(footprint.needs(home, rows))
    rate = _rate(home, bundle, request.task, work) if rows else Rate(None, "unknown", 0)
    return Estimate(bundle.version, work, rate, request.rows_per_second, footprint, rooms)


def _rate(home: Home, bundle: Bundle, task: str, work: Sequence[DateWork]) -> Rate:
    from jobs.scoring.scorer import settings_of

    how = settings_of(home)
    known = past_rate(home.run_log.list(task), bundle.version, host_name(), how.device, how.precision)
    if known is not None:
        return known
    due = [each for each in work if each.dump and each.pending]
    dumps = [each.dump for each in due if each.dump]
    return measured_rate(home, bundle, dumps, [frozenset(unit.unit_id for unit in each.pending) for each in due])


def _date(work: DateWork) -> dict[str, Any]:
    return {
        "date": work.day.isoformat(),
        "files": len(work.dump.sources) if work.dump else 0,
        "rows": work.planned_rows,
        "to_do": work.pending_rows,
        "problem": str(work.problem) if work.problem else None,
    }
