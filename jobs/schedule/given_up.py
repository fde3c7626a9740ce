"""Nights that are not run any more: more than `catch_up_nights` others came after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final, Literal

from jobs.calendar.occasions import Job, Occasion, Settled, past
from jobs.nightly.report import JOB
from monitoring.alerts.skipping import SkippedRuns
from storage.runs.log import LEFT_OUT, RunRecord

SCORE: Final = "score"
"""What `yeban backfill` leaves on record."""
Course = Literal["in time", "afterwards", "never"]
"""Whether a night was begun while the scheduler would still run it, only when it had been given up, or not at all."""
CourseOf = Callable[[Occasion, datetime], Course]
"""Decides it for a night and the moment at which it was given up."""


def given_up(job: Job, now: datetime, since: datetime, course: CourseOf) -> list[SkippedRuns]:
    """The nights that came, are not done, and that no look will run; the oldest first.

    It looks back to the first of January of last year. A bound that moves with each day would move the beginning of
    a long span, too, and its alert would be sent anew each day.

    Args:
        job: The job.
        now: The present moment.
        since: Nights whose hours came before are not this scheduler's.
        course: See `CourseOf`.
    """
    first_of_january = datetime(now.astimezone(job.zone).year - 1, 1, 1, tzinfo=job.zone)
    nights = [*past(job, now, max(since, first_of_january))][::-1]
    rows: list[list[tuple[date, Course]]] = [[]]
    for occasion, later in zip(nights, nights[job.catch_up_nights + 1 :], strict=False):
        ended = course(occasion, job.fires_for(later.night)[0])
        if ended == "in time":
            rows.append([])
        else:
            rows[-1].append((occasion.night, ended))
    spans = [(row[0][0], tuple(night for night, ended in row if ended == "never")) for row in rows if row]
    return [SkippedRuns(JOB, job.task, first, left, job.catch_up_nights) for first, left in spans if left]


def course_by(records: Sequence[RunRecord], settled: Settled) -> CourseOf:
    """The course of each night, from the records.

    A night that failed is not given up: there is an alert that it failed. One that was done before its
    hour counts, too: an hour that is moved in yeban.toml makes no night undone. One that was given up is made up for by
    `yeban nightly`, and by `yeban backfill` as well; where that finds no dump there is nothing to make up for.

    Args:
        records: Of all jobs of a task.
        settled: Which of its nights are done.
    """
    begun: dict[date, datetime] = {}
    scored: dict[date, datetime] = {}
    for record in records:
        night, moment = record.logical_date, record.started_at
        if night is None or record.metrics.get(LEFT_OUT):
            continue
        if record.job == JOB and record.state in ("done", "running", "failed"):
            begun[night] = min(moment, begun.get(night, moment))
        elif record.job == SCORE and record.state != "interrupted":
            scored[night] = max(moment, scored.get(night, moment))

    def course(occasion: Occasion, ended: datetime) -> Course:
        night = occasion.night
        if night in begun:
            return "afterwards" if begun[night] >= ended else "in time"
        if settled(occasion):  # its predictions were retired
            return "in time"
        return "afterwards" if night in scored and scored[night] >= ended else "never"

    return course
