from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitoring.alerts.outbox import Outbox
from tests.support.sample_findings import alert

AT = datetime(2026, 1, 6, 3, tzinfo=UTC)


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.json"))


def test_an_alert_waits_until_it_is_closed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "评论 a")
    outbox.put(alert(0))
    assert files(tmp_path) == [f"task=%E8%AF%84%E8%AE%BA%20a/waiting/{alert(0).id}.json"]
    (queued,) = outbox.waiting()
    assert (queued.alert, queued.receipts) == (alert(0), {})
    outbox.close(outbox.sign(queued, "log", AT))
    assert files(tmp_path) == [f"task=%E8%AF%84%E8%AE%BA%20a/done/{alert(0).id}.json"]
    assert outbox.waiting() == []
    outbox.put(alert(0))
    assert outbox.waiting() == []


def test_a_newer_message_keeps_the_receipts(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "comment")
    outbox.put(alert(0))
    outbox.sign(outbox.waiting()[0], "log", AT)
    outbox.put(alert(0, message="newer"))
    (queued,) = outbox.waiting()
    assert (queued.alert.message.zh, queued.receipts) == (alert(0, message="newer").message.zh, {"log": AT.isoformat()})


def test_the_oldest_night_comes_first(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "comment")
    for number in (3, 1, 2):
        outbox.put(alert(number))
    assert [each.alert for each in outbox.waiting()] == [alert(1), alert(2), alert(3)]


def test_what_stands_in_a_file(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "comment")
    outbox.put(alert(0))
    flat = json.loads((tmp_path / f"task=comment/waiting/{alert(0).id}.json").read_bytes())
    assert set(flat) == {"alert", "receipts"}
    assert (flat["alert"]["alert"], "id" in flat["alert"]) == (alert(0).id, False)


@pytest.mark.parametrize("data", [b"{}", b"", b'{"alert": {}, "receipts": {}}'])
def test_a_file_that_is_no_alert_is_passed_over(tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(tmp_path, "comment")
    outbox.put(alert(1))
    (tmp_path / "task=comment/waiting/broken.json").write_bytes(data)
    with caplog.at_level(logging.ERROR, "yeban.alerts"):
        assert [each.alert for each in outbox.waiting()] == [alert(1)]
    assert "broken.json is no alert" in caplog.text
