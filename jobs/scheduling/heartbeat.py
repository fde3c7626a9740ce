"""A sign of life after each night that is done: silence is what others should be told of."""

from __future__ import annotations

import http.client
import logging
import urllib.error
import urllib.request
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from storage.errors import YebanError
from storage.files import write_json

log = logging.getLogger("yeban.schedule")

_TIMEOUT_S: Final = 10.0


def beat(task: str, night: date, now: datetime, file: Path | None, url: str | None) -> None:
    """Write the file and ask for the address; what fails is logged, and the night is none the worse.

    Args:
        task: The task.
        night: The night that is done.
        now: The present moment.
        file: Its age is what others look at.
        url: As healthchecks.io and its like take it.
    """
    if file is not None:
        try:
            told = {"task": task, "logical_date": night.isoformat(), "at": now.astimezone(UTC).isoformat()}
            write_json(file, told)
        except (YebanError, OSError) as error:
            log.warning("no heartbeat in %s: %s", file, error)
    if url is not None:
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S):
                pass
        except (OSError, ValueError, http.client.HTTPException) as error:  # the address may hold a secret
            log.warning("no heartbeat at %s: %s", urlsplit(url).hostname, type(error).__name__)
