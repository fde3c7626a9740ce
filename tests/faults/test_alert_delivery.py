"""Killed between the outbox, the sinks and their receipts: no alert is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

import storage
from monitoring.alerts.delivery import deliver
from monitoring.alerts.outbox import Outbox
from monitoring.alerts.sinks import JsonlSink
from monitoring.findings.judgement import Alert, read_alert
from tests.support.sample_findings import alert

ROOT = Path(storage.__file__).parents[1]
ALERTS = [alert(0), alert(1)]


def now() -> datetime:
    return datetime.now(UTC)


class Killer(JsonlSink):
    """Kills its own process: before or after it has taken the alerts."""

    def send(self, alerts: Sequence[Alert]) -> None:
        if "after" in sys.argv:
            super().send(alerts)
        os.kill(os.getpid(), signal.SIGKILL)


def deliver_and_die(folder: str, _moment: str) -> None:
    deliver(
        Outbox(Path(folder), "comment"),
        [JsonlSink(Path(folder) / "first"), Killer(Path(folder) / "second")],
        ALERTS,
        now,
    )


@pytest.mark.parametrize(("moment", "times"), [("before", 1), ("after", 2)])
def test_a_kill_loses_no_alert(tmp_path: Path, moment: str, times: int) -> None:
    code = f"import sys; from {__name__} import deliver_and_die; deliver_and_die(*sys.argv[1:])"
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path), moment], cwd=ROOT, check=False, timeout=120)
    assert died.returncode == -signal.SIGKILL
    sinks = [JsonlSink(tmp_path / "first"), JsonlSink(tmp_path / "second")]
    report = deliver(Outbox(tmp_path, "comment"), sinks, [], now)
    assert (report.failures, report.waiting) == ((), 0)
    first, second = ([read_alert(line) for line in sink.path.read_bytes().splitlines()] for sink in sinks)
    assert first == ALERTS
    assert second == ALERTS * times  # taken, but killed before the receipt: told twice rather than never
