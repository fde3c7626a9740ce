"""What sinks take: an alert of a night's figures, or one of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from monitoring.alerts.run_alert import RunAlert
from monitoring.findings.judgement import Alert, read_alert
from monitoring.findings.record import from_json, to_json

Notice: TypeAlias = Alert | RunAlert
"""Both have an id, a task, a date, a severity, a message in both languages, and say whether they are new."""

_RUN_ALERT: TypeAdapter[RunAlert] = TypeAdapter(RunAlert)


def plain(alerts: Sequence[Notice]) -> list[dict[str, Any]]:
    """Alerts for programs: JSON-ready, as in the outbox."""
    return [json.loads(to_json(alert)) for alert in alerts]


def read_notice(data: bytes) -> Notice:
    """Inverse of `record.to_json`.

    Raises:
        ValueError: The bytes are neither.
    """
    flat = json.loads(data)
    if isinstance(flat, dict) and "trouble" in flat:
        return from_json(_RUN_ALERT, data)
    return read_alert(data)
