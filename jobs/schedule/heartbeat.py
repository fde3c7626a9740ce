"""A heartbeat after each night that is done: external monitoring alerts when it stops."""

from __future__ import annotations

import http.client
import json
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from storage.errors import YebanError
from storage.files.atomic import write_json

log = logging.getLogger("yeban.schedule")

_TIMEOUT_S: Final = 10.0
_FILE: Final = "beats.json"


class Heartbeats:
    """Knows for which night each task beat last, also after a restart.

    Args:
        folder: `schedule` under the home.
        send: Beats for a task and a night.
    """

    def __init__(self, folder: Path, send: Callable[[str, date], None]) -> None:
        self._file, self._send = folder / _FILE, send
        self._guard = threading.Lock()
        self._newest = self._read()

    def ran(self, task: str, night: date) -> None:
        """A night was run and is done: it beats, whichever night it is."""
        with self._guard:
            self._beat(task, night)

    def found(self, task: str, night: date) -> None:
        """A night is done, by the scheduler or otherwise: it beats unless it did, or a newer one did."""
        with self._guard:
            if night > self._newest.get(task, date.min):
                self._beat(task, night)

    def _beat(self, task: str, night: date) -> None:
        self._send(task, night)
        known = self._newest.get(task, date.min)
        if night <= known:
            return
        self._newest[task] = night
        try:
            write_json(self._file, {task: each.isoformat() for task, each in self._newest.items()})
        except (YebanError, OSError) as error:  # it may beat once more after a restart
            log.warning("%s can't be written: %s", self._file, error)

    def _read(self) -> dict[str, date]:
        try:
            flat = json.loads(self._file.read_bytes())
            return {task: date.fromisoformat(night) for task, night in flat.items()}
        except (OSError, ValueError, AttributeError, TypeError):  # it may beat once too often
            return {}


def beat(task: str, night: date, now: datetime, file: Path | None, url: str | None) -> None:
    """Write the file and ask for the address; what fails is logged, and the night is none the worse.

    Args:
        task: The task.
        night: The night that is done.
        now: The present moment.
        file: External monitoring looks at its age.
        url: As healthchecks.io and its like take it.
    """
    if file is not None:
        try:
            content = {"task": task, "logical_date": night.isoformat(), "at": now.astimezone(UTC).isoformat()}
            write_json(file, content)
        except (YebanError, OSError) as error:
            log.warning("no heartbeat in %s: %s", file, error)
    if url is not None:
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S):
                pass
        except (OSError, ValueError, http.client.HTTPException) as error:  # the address may hold a secret
            log.warning("no heartbeat at %s: %s", urlsplit(url).hostname, type(error).__name__)
