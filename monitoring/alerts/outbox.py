"""Alerts on their way: on disk before the first sink gets them, until all sinks have."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from monitoring.alerts.notice import Notice, plain, read_notice
from storage.files.atomic import remove_durably, write_json

log = logging.getLogger("yeban.alerts")

_WAITING: Final = "waiting"
_DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class QueuedAlert:
    """An alert with its receipts.

    Attributes:
        alert: The alert.
        receipts: When each sink has taken it, by the sink's name; ISO times.
    """

    alert: Notice
    receipts: Mapping[str, str] = field(default_factory=dict)


class Outbox:
    """A task's alerts on their way: `waiting/` until each sink has taken them, then `done/`.

    The caller holds a lock of this outbox: two deliveries at a time would send alerts twice.

    Args:
        root: `alerts` under the home, or a folder below it; made with the first alert.
        task: The task.
    """

    def __init__(self, root: Path, task: str) -> None:
        self._root = root / f"task={quote(task, safe='')}"

    def put(self, alert: Notice) -> None:
        """Take an alert in, durably. One that all sinks have is left alone; one that waits gets the newer message.

        Raises:
            DiskFull: No space left.
        """
        if not self._path(_DONE, alert.id).exists():
            known = self._read(self._path(_WAITING, alert.id))
            self._write(QueuedAlert(alert, known.receipts if known else {}))

    def waiting(self) -> Sequence[QueuedAlert]:
        """Alerts that some sink may lack, the oldest night first; files that hold none are passed over."""
        folder = self._root / _WAITING
        queued = [each for path in sorted(folder.glob("[!.]*.json")) if (each := self._read(path))]
        return sorted(queued, key=lambda each: (each.alert.logical_date, each.alert.id))

    def sign(self, queued: QueuedAlert, sink: str, at: datetime) -> QueuedAlert:
        """Note, durably, that a sink has taken it.

        Raises:
            DiskFull: No space left.
        """
        signed = replace(queued, receipts={**queued.receipts, sink: at.isoformat()})
        self._write(signed)
        return signed

    def close(self, queued: QueuedAlert) -> None:
        """Put away an alert that all sinks have; a rerun of its night sends it to none again.

        Raises:
            DiskFull: No space left.
        """
        write_json(self._path(_DONE, queued.alert.id), _as_dict(queued))
        remove_durably([self._path(_WAITING, queued.alert.id)])

    def _write(self, queued: QueuedAlert) -> None:
        write_json(self._path(_WAITING, queued.alert.id), _as_dict(queued))

    def _path(self, state: str, alert: str) -> Path:
        return self._root / state / f"{alert}.json"

    def _read(self, path: Path) -> QueuedAlert | None:
        try:
            flat = json.loads(path.read_bytes())
            return QueuedAlert(read_notice(json.dumps(flat["alert"]).encode()), dict(flat["receipts"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("%s is no alert and is passed over: %r", path, error)
            return None


def _as_dict(queued: QueuedAlert) -> dict[str, Any]:
    return {"alert": plain([queued.alert])[0], "receipts": dict(queued.receipts)}
