"""Alerts on their way: on disk before anybody is told, until everybody was."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from monitoring.alerts.notice import Notice, read_notice
from monitoring.findings.json_form import to_json
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

    The caller holds a lock of this outbox: two deliveries at a time would tell people twice.

    Args:
        root: `alerts` under the home, or a folder below it; made with the first alert.
        task: The task.
    """

    def __init__(self, root: Path, task: str) -> None:
        self._root = root / f"task={quote(task, safe='')}"

    def put(self, alert: Notice) -> None:
        """Take an alert in, durably. One that everybody knows is left alone; one that waits gets the newer words.

        Raises:
            DiskFull: No space left.
        """
        if not self._path(_DONE, alert.alert).exists():
            known = self._read(self._path(_WAITING, alert.alert))
            self._write(QueuedAlert(alert, known.receipts if known else {}))

    def waiting(self) -> Sequence[QueuedAlert]:
        """Letters that are not known to be everywhere, the oldest night first; files that are none are passed over."""
        folder = self._root / _WAITING
        letters = [letter for path in sorted(folder.glob("[!.]*.json")) if (letter := self._read(path))]
        return sorted(letters, key=lambda letter: (letter.alert.logical_date, letter.alert.alert))

    def sign(self, letter: QueuedAlert, sink: str, at: datetime) -> QueuedAlert:
        """Note, durably, that a sink has taken it.

        Raises:
            DiskFull: No space left.
        """
        signed = replace(letter, receipts={**letter.receipts, sink: at.isoformat()})
        self._write(signed)
        return signed

    def close(self, letter: QueuedAlert) -> None:
        """Put away what everybody has; a rerun of its night brings it to nobody again.

        Raises:
            DiskFull: No space left.
        """
        write_json(self._path(_DONE, letter.alert.alert), _as_dict(letter))
        remove_durably([self._path(_WAITING, letter.alert.alert)])

    def _write(self, letter: QueuedAlert) -> None:
        write_json(self._path(_WAITING, letter.alert.alert), _as_dict(letter))

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


def _as_dict(letter: QueuedAlert) -> dict[str, Any]:
    return {"alert": json.loads(to_json(letter.alert)), "receipts": dict(letter.receipts)}
