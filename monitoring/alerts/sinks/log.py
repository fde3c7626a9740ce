"""Alerts in the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from monitoring.alerts.notice import Notice
from monitoring.alerts.sinks.base.registry import register
from monitoring.alerts.sinks.base.settings import SinkSettings

log = logging.getLogger("yeban.alerts")


@dataclass(frozen=True, slots=True)
class LogSink:
    """Writes one line per alert to the log."""

    name: str = "log"

    def send(self, alerts: Sequence[Notice]) -> None:
        """Log them as warnings, what is critical as errors."""
        for alert in alerts:
            level = logging.ERROR if alert.severity == "critical" else logging.WARNING
            log.log(level, "%s %s %s: %s", alert.severity, alert.task, alert.logical_date, alert.message.en)


@register
class LogSettings(SinkSettings):
    """Alerts in the log."""

    kind: Literal["log"]

    def sink(self, _home: Path, _environment: Mapping[str, str]) -> LogSink:
        """The sink."""
        return LogSink()
