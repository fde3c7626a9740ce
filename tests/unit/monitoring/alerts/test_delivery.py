from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitoring.alerts.delivery import DeliveryReport, SinkFailure, deliver, post
from monitoring.alerts.outbox import Outbox
from monitoring.alerts.sinks import JsonlSink
from monitoring.findings.judgement import Alert, read_alert
from storage.errors import SinkFailed
from tests.support.sample_findings import alert

AT = datetime(2026, 1, 6, 2, tzinfo=UTC)


@dataclass
class Keeper:
    """A sink that keeps what it gets, or fails."""

    name: str = "keeper"
    error: Exception | None = None
    got: list[str] = field(default_factory=list)

    def send(self, alerts: Sequence[Alert]) -> None:
        if self.error:
            raise self.error
        self.got.extend(each.alert for each in alerts)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "alerts", "comment")


def ids(*numbers: int) -> list[str]:
    return [alert(number).alert for number in numbers]


def run(outbox: Outbox, sinks: Sequence[Keeper | JsonlSink], *alerts: Alert) -> DeliveryReport:
    return deliver(outbox, sinks, alerts, lambda: AT)


def test_each_sink_gets_what_is_new_once(outbox: Outbox) -> None:
    first, second = Keeper("first"), Keeper("second")
    report = run(outbox, [first, second], alert(0), alert(1, is_new=False), alert(2))
    assert first.got == second.got == ids(0, 2)
    assert report == DeliveryReport({"first": 2, "second": 2}, (), 0)
    again = run(outbox, [first, second], alert(0), alert(2))
    assert first.got == second.got == ids(0, 2)
    assert again.sent == {"first": 0, "second": 0}


def test_a_sink_that_fails_gets_them_later_and_the_others_not_again(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = Keeper("broken", SinkFailed("no network")), Keeper("sound")
    with caplog.at_level(logging.WARNING):
        report = run(outbox, [broken, sound], alert(0))
    assert report == DeliveryReport({"sound": 1}, (SinkFailure("broken", 1, "no network"),), 1)
    assert "1 alert(s) wait for broken: no network" in caplog.text
    broken.error = None
    report = run(outbox, [broken, sound], alert(1))
    assert broken.got == sound.got == ids(0, 1)
    assert report == DeliveryReport({"broken": 2, "sound": 1}, (), 0)


def test_a_bug_in_a_sink_stops_nothing(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    broken, sound = Keeper("broken", ZeroDivisionError("oh")), Keeper("sound")
    report = run(outbox, [broken, sound], alert(0))
    assert report.failures == (SinkFailure("broken", 1, "ZeroDivisionError: oh"),)
    assert sound.got == ids(0)
    assert "Traceback" in caplog.text


def test_what_waits_is_sent_in_its_latest_words(outbox: Outbox, tmp_path: Path) -> None:
    (tmp_path / "blocked").mkdir()
    sink = JsonlSink(tmp_path / "blocked")
    assert run(outbox, [sink], alert(0, message="old")).waiting == 1
    sink.path.rmdir()
    newer = alert(0, message="new")
    assert run(outbox, [sink], newer).waiting == 0
    assert [read_alert(line) for line in sink.path.read_bytes().splitlines()] == [newer]


def test_a_sink_that_is_added_later_gets_no_old_news(outbox: Outbox) -> None:
    assert run(outbox, [], alert(0)).waiting == 0
    late = Keeper()
    run(outbox, [late], alert(0), alert(1))
    assert late.got == ids(1)


def test_a_sink_that_is_taken_out_holds_nothing_up(outbox: Outbox) -> None:
    run(outbox, [Keeper("gone", SinkFailed("no"))], alert(0))
    assert run(outbox, [Keeper()]).waiting == 0


def test_tasks_have_outboxes_of_their_own(tmp_path: Path) -> None:
    run(Outbox(tmp_path, "a/b"), [Keeper(error=SinkFailed("no"))], alert(0))
    sink = Keeper()
    run(Outbox(tmp_path, "news"), [sink], replace(alert(1), task="news"))
    assert sink.got == ids(1)


def test_a_broken_file_of_the_outbox_is_passed_over(
    outbox: Outbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Keeper(error=SinkFailed("no"))
    run(outbox, [broken], alert(0), alert(1))
    (tmp_path / f"alerts/task=comment/waiting/{alert(0).alert}.json").write_bytes(b"{}")
    sink = Keeper()
    run(outbox, [sink])
    assert sink.got == ids(1)
    assert "is no alert and is passed over" in caplog.text


def test_the_oldest_night_first_and_tonight_in_the_order_of_its_judgement(outbox: Outbox) -> None:
    run(outbox, [Keeper(error=SinkFailed("no"))], alert(1))
    tonight = [replace(alert(number), logical_date=alert(9).logical_date) for number in (7, 3, 5)]
    sink = Keeper()
    run(outbox, [sink], *tonight)
    assert sink.got == ids(1, 7, 3, 5)


def test_what_was_posted_before_a_crash_is_delivered_by_the_next_night(outbox: Outbox) -> None:
    post(outbox, [alert(0), alert(1, is_new=False)])
    sink = Keeper()
    run(outbox, [sink], alert(2))
    assert sink.got == ids(0, 2)
