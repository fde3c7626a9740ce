"""A clock that starts at a given moment and goes on: two readings are never the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count


def clock_from(moment: datetime) -> Callable[[], datetime]:
    """A clock that is a microsecond further at each reading."""
    readings = count()
    return lambda: moment + timedelta(microseconds=next(readings))
