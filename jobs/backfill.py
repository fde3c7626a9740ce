"""Many dates, one after the other; each is the same idempotent job as a single night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from jobs.config import Home
from jobs.progress import Progress
from jobs.score import ScoreOutcome, ScoreRequest, score
from storage.errors import ConfigError, InputError


def backfill(
    home: Home, request: ScoreRequest, last: date, progress: Progress
) -> Iterator[tuple[date, ScoreOutcome | InputError]]:
    """Score every date from the request's to `last`, oldest first.

    Yields:
        Each date with what was done, or why there was nothing to do; a date without a dump does not stop
        the others.

    Raises:
        ConfigError: The dates are in the wrong order.
        RunLocked: Another run of the task is under way.
    """
    first = request.logical_date
    if last < first:
        raise ConfigError(f"--from {first} is after --to {last}", expected="--from not after --to", action="swap them")
    for days in range((last - first).days + 1):
        day = first + timedelta(days=days)
        try:
            yield day, score(home, replace(request, logical_date=day), progress)
        except InputError as error:
            yield day, error
