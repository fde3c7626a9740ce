"""Many dates, one after the other; each is the same idempotent job as a single night, and gives way to one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.runs.disk_space import check_rooms, rooms_for
from jobs.runs.leftovers import sweep
from jobs.runs.locks import let_others_go, task_lock, waits_for
from jobs.runs.progress import Progress
from jobs.runs.record import copy_records
from jobs.runs.yielding import Yielding
from jobs.scoring.backfill_dates import DateWork, dates_of, survey
from jobs.scoring.estimates import find_footprint
from jobs.scoring.score import ScoreRequest, ScoreResult, SharedRun, score_held
from models.bundle import Bundle
from storage.errors import DateRetired, InputError, PartCorrupt, RunLocked, TaskWanted, WarehouseLocked, YebanError
from storage.records import Slot

if TYPE_CHECKING:
    from batch.prediction_cache.cache import PredictionCache
    from batch.scorer import Scorer
    from jobs.scoring.scorer import SharedScorer

log = logging.getLogger("yeban.backfill")


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """Which dates to score, and how.

    Attributes:
        task: The task's name.
        first: First date.
        last: Last date.
        patterns: Files, globs or directories; empty for the task's `input`.
        bundle: Folder, version or hub name; None for the task's.
        force: Score again what is staged or loaded already.
        replace: The predictions of other bundles leave as the new ones come; else they stay beside them.
        newest_first: From the last date to the first.
        rows_per_second: Most rows of a second; None for no bound.
    """

    task: str
    first: date
    last: date
    patterns: tuple[str, ...] = ()
    bundle: str | None = None
    force: bool = False
    replace: bool = False
    newest_first: bool = False
    rows_per_second: float | None = None


def look_ahead(home: Home, request: BackfillRequest) -> tuple[Bundle, list[DateWork]]:
    """What the backfill has to do, in the order in which it does it; nothing is written.

    Raises:
        ConfigError: The dates are in the wrong order, or there is no such task.
        YebanError: There is no such bundle.
    """
    home.task(request.task)
    days = dates_of(request.first, request.last, newest_first=request.newest_first)
    bundle = find_bundle(home, request.task, request.bundle)
    return bundle, survey(home, bundle, request.task, days, request.patterns, force=request.force)


def backfill(
    home: Home, request: BackfillRequest, progress: Progress
) -> Iterator[tuple[date, ScoreResult | YebanError]]:
    """Score every date of a range; a rerun does only what is missing.

    Yields:
        Each date with what was done, or why there was nothing to do; a date without a dump, with a damaged plan, or
        whose predictions were retired, does not stop the others.

    Raises:
        ConfigError: The dates are in the wrong order.
        RunLocked: Another run of the task is under way.
        DiskFull: There is no room for what is missing; nothing was written.
    """
    bundle, work = look_ahead(home, request)
    rows = sum(each.pending_rows for each in work)
    footprint = find_footprint(home, Slot(request.task, request.first, bundle.version))
    margin = round(home.config.retention.keep_free_gb * 1e9)
    check_rooms(rooms_for(footprint.needs(home, rows)), margin, "run the same command again")
    dates = _Dates(home, request, bundle, _WholeRange(progress, rows))
    try:
        for each in work:
            try:
                yield each.day, dates.score(each)
            except (InputError, DateRetired, PartCorrupt, WarehouseLocked) as error:
                yield each.day, error
    finally:
        if dates.loaded:
            copy_records(home.open_warehouse(), home.run_log)


class _Dates:
    """The dates of one backfill: one scorer for all, and the lock given away in between."""

    def __init__(self, home: Home, request: BackfillRequest, bundle: Bundle, progress: Progress) -> None:
        self._home, self._request, self._bundle, self._progress = home, request, bundle, progress
        self._kept: SharedScorer | None = None
        self._begun = False
        self.loaded = False

    def score(self, work: DateWork) -> ScoreResult:
        """Score a date; while another run waits for the task, it waits in turn.

        Raises:
            RunLocked: Another run of the task is under way, and nothing was begun yet.
        """
        asked = self._request
        request = ScoreRequest(asked.task, work.day, asked.patterns, self._bundle, asked.force, asked.replace)
        while True:
            try:
                outcome = self._in_turn(request)
            except TaskWanted:
                log.info("%s: another run of task %r goes first", work.day, request.task)
                request = replace(request, force=False)  # what was ordered stands
            else:
                self.loaded |= outcome.loaded is not None
                return outcome

    def _in_turn(self, request: ScoreRequest) -> ScoreResult:
        home, task = self._home, request.task
        while True:
            if self._begun and waits_for(home.locks, task)():
                let_others_go(home.locks, task)
            try:
                with task_lock(home.locks, task, yields=True):
                    return self._held(request)
            except RunLocked:
                if not self._begun:
                    raise
                let_others_go(home.locks, task)

    def _held(self, request: ScoreRequest) -> ScoreResult:
        home = self._home
        if not self._begun:
            sweep(home)
            self._begun = True
        turn = Yielding(waits_for(home.locks, request.task), self._request.rows_per_second)
        return score_held(home, self._bundle, request, self._progress, SharedRun(self._scorer_of, turn))

    def _scorer_of(self, home: Home, bundle: Bundle, answers: PredictionCache | None) -> Scorer:
        from jobs.scoring.scorer import SharedScorer  # torch, only where there is something to score

        self._kept = self._kept or SharedScorer()
        return self._kept(home, bundle, answers)


class _WholeRange:
    """Progress over all dates: of what is scored, which takes the time; loading is passed over."""

    def __init__(self, progress: Progress, rows: int) -> None:
        self._progress, self._counts = progress, False
        if rows:
            progress.begin("score", rows)

    def begin(self, what: str, _total: int) -> None:
        """A stage of a date begins."""
        self._counts = what == "score"

    def advance(self, rows: int) -> None:
        """Some more rows are done."""
        if self._counts:
            self._progress.advance(rows)
