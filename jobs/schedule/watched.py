"""Since when the nights are watched without a gap: what came in a sleep is late only from its end on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from storage.files.atomic import write_json

GAP: Final = timedelta(minutes=10)
"""After so long without a look the scheduler has slept; one that is restarted again and again has not."""
_FILE: Final = "watched.json"


class WatchedStore:
    """The moment at which the scheduler woke last, and its last look.

    Args:
        folder: `schedule` under the home.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE

    def since(self) -> datetime | None:
        """When it woke last; None where it never ran, or the file is damaged."""
        known = self._read()
        return known[0] if known else None

    def look(self, now: datetime) -> datetime:
        """Note a look; when it woke last, which is now after a gap and where the clock was set back.

        Raises:
            DiskFull: No space left.
        """
        known = self._read()
        awake = known is not None and known[1] <= now <= known[1] + GAP
        since = known[0] if known is not None and awake else now
        write_json(self._file, {"since": _told(since), "last": _told(now)})
        return since

    def _read(self) -> tuple[datetime, datetime] | None:
        try:
            flat = json.loads(self._file.read_bytes())
            return _parsed(flat["since"]), _parsed(flat["last"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
