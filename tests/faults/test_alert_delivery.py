"""Killed between the outbox, the sinks and their receipts: no alert is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitoring.alerts.delivery import deliver
from monitoring.alerts.outbox import Outbox
from monitoring.alerts.sinks import JsonlSink
from monitoring.findings.judgement import Alert, read_alert
from tests.support.forked_processes import ForkedFunction
from tests.support.sample_findings import alert

ALERTS = [alert(0), alert(1)]


def now() -> datetime:
    return datetime.now(UTC)


class Killer(JsonlSink):
    """Kills its own process: before or after it has taken the alerts."""

    moment = "before"

    def send(self, alerts: Sequence[Alert]) -> None:
        if self.moment == "after":
            super().send(alerts)
        os.kill(os.getpid(), signal.SIGKILL)


def deliver_and_die(folder: str, moment: str) -> None:
    Killer.moment = moment
    deliver(
        Outbox(Path(folder), "comment"),
        [JsonlSink(Path(folder) / "first"), Killer(Path(folder) / "second")],
        ALERTS,
        now,
    )


@pytest.mark.parametrize(("moment", "times"), [("before", 1), ("after", 2)])
def test_a_kill_loses_no_alert(tmp_path: Path, moment: str, times: int) -> None:
    with ForkedFunction(__name__, "deliver_and_die", tmp_path, moment) as process:
        assert process.wait(120) == -signal.SIGKILL
    sinks = [JsonlSink(tmp_path / "first"), JsonlSink(tmp_path / "second")]
    report = deliver(Outbox(tmp_path, "comment"), sinks, [], now)
    assert (report.failures, report.waiting) == ((), 0)
    first, second = ([read_alert(line) for line in sink.path.read_bytes().splitlines()] for sink in sinks)
    assert first == ALERTS
    assert second == ALERTS * times  # taken, but killed before the receipt: told twice rather than never
