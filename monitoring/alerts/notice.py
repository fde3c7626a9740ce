"""What sinks take: an alert of a night's figures, or one of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from monitoring.alerts.run_alert import RunAlert
from monitoring.findings.json_form import parse_json, rename_keys, to_json
from monitoring.findings.judgement import Alert, read_alert

Notice: TypeAlias = Alert | RunAlert
"""Both have an id, a task, a date, a severity, a message in both languages, and say whether they are new."""

_RUN_ALERT: TypeAdapter[RunAlert] = TypeAdapter(RunAlert)


def plain(alerts: Sequence[Notice]) -> list[dict[str, Any]]:
    """Alerts for programs: JSON-ready, as in the outbox."""
    return [json.loads(to_json(alert)) for alert in alerts]


def read_notice(data: bytes) -> Notice:
    """Inverse of `json_form.to_json`.

    Raises:
        ValueError: The bytes are neither.
    """
    flat = parse_json(data)
    if isinstance(flat, dict) and "trouble" in flat:
        return _RUN_ALERT.validate_python(rename_keys(RunAlert, flat))
    return read_alert(data)
