from __future__ import annotations

from datetime import date

import pytest

from models.pages.localized_text import LocalizedText
from monitoring.alerts.notice import plain, read_notice
from monitoring.alerts.run_alert import RunAlert, run_alert
from monitoring.findings.json_form import to_json
from monitoring.findings.judgement import Alert
from tests.support.sample_findings import alert

RUN = run_alert("nightly", "comment", date(2026, 1, 5), "missed", "", LocalizedText("未运行", "missed"))


def test_alerts_for_programs_keep_their_keys() -> None:
    (flat,) = plain([alert(0)])
    assert set(flat) == {
        *("adjusted_p", "alert", "bundle", "effect", "is_new", "item", "logical_date", "message_en", "message_zh"),
        *("name", "nights", "severity", "since", "slice", "slices", "task"),
    }
    assert flat["logical_date"] == "2026-01-05"


def test_the_id_of_an_alert_stands_under_alert() -> None:
    assert [flat["alert"] for flat in plain([alert(0), RUN])] == [alert(0).id, RUN.id]
    assert all("id" not in flat for flat in plain([alert(0), RUN]))


def test_either_kind_is_read_back() -> None:
    night, run = read_notice(to_json(alert(0))), read_notice(to_json(RUN))
    assert (night, run) == (alert(0), RUN)
    assert (type(night), type(run)) == (Alert, RunAlert)


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"trouble": "missed"}', b"not json"])
def test_what_is_no_alert(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_notice(data)
