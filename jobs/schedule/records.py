"""What the scheduler reads and writes: which nights are on record, and since when it is responsible for a task."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from jobs.calendar.occasions import Occasion, Settled
from jobs.nightly.report import JOB
from storage.files.atomic import write_json
from storage.records import Slot
from storage.runs.log import RunLog, RunRecord

log = logging.getLogger("yeban.schedule")

_SINCE: Final = "since.json"


def nights_of(runs: RunLog, task: str) -> list[RunRecord]:
    """The records of a task's nights, newest first."""
    return [record for record in runs.list(task) if record.job == JOB]


def settled_by(records: Iterable[RunRecord], retired: Iterable[Slot] = ()) -> Settled:
    """Whether a night was done whole, or found to be done, at its hour or later, or was retired since.

    Any such record counts, not the newest: a clock that is set leaves records in another order.

    Args:
        records: Of a task's nights.
        retired: Slots of the task whose predictions were removed: they would be removed again.
    """
    gone = {slot.logical_date for slot in retired}
    done: dict[date, datetime] = {}
    for record in records:
        night, at = record.logical_date, record.done_at
        if night is not None and at is not None:
            done[night] = max(at, done.get(night, at))

    def settled(occasion: Occasion) -> bool:
        return occasion.night in gone or (occasion.night in done and done[occasion.night] >= occasion.at)

    return settled


class SinceStore:
    """Since when the scheduler is responsible for each task: nights from before it was set up are not missed.

    Args:
        folder: `schedule` under the home.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _SINCE

    def read(self) -> Mapping[str, datetime]:
        """The moments by task; none where the file is missing, or no longer what was written, which is logged."""
        try:
            flat = json.loads(self._file.read_bytes())
            return {task: datetime.fromisoformat(each).astimezone(UTC) for task, each in flat.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            log.warning(
                "%s can't be read (%r): the scheduler answers for no night from before now, and runs and tells of none "
                "that was missed; expected: a moment for each task; to do: look at `yeban runs list` for the nights "
                "that are missing, and run `yeban nightly` or `yeban backfill` for them",
                self._file,
                error,
            )
            return {}

    def begin(self, tasks: Iterable[str], now: datetime) -> Mapping[str, datetime]:
        """Begin with tasks that are new; a moment in the future came from a clock that has been set since.

        Raises:
            DiskFull: No space left.
        """
        known = self.read()
        since = {**known, **{task: min(known.get(task, now), now) for task in tasks}}
        if since != known:
            write_json(self._file, {task: each.astimezone(UTC).isoformat() for task, each in since.items()})
        return since
