from __future__ import annotations

import logging

import pytest

from monitoring.alerts.sinks.log import LogSink
from tests.support.sample_findings import alert

ALERTS = [alert(0), alert(1, message="一行")]


def test_one_line_per_alert(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "yeban.alerts"):
        LogSink().send(ALERTS)
    assert caplog.messages == [
        "warning comment 2026-01-05: Empty rows: 4.1% now",
        "warning comment 2026-01-06: 一行",
    ]
