from __future__ import annotations

from datetime import date

import pytest

from models.pages.localized_text import LocalizedText
from monitoring.alerts.run_alert import Trouble, run_alert

DAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("trouble", "severity"),
    [("missed", "critical"), ("failed", "critical"), ("late", "warning"), ("slow", "warning"), ("skipped", "critical")],
)
def test_how_bad_each_trouble_is(trouble: Trouble, severity: str) -> None:
    found = run_alert("nightly", "comment", DAY, trouble, "r1", LocalizedText("中", "en"))
    assert (found.severity, found.is_new, found.message.zh, found.message.en) == (severity, True, "中", "en")


def test_the_id_does_not_depend_on_the_record_or_the_message() -> None:
    first = run_alert("nightly", "comment", DAY, "late", "r1", LocalizedText("一", "one"))
    assert run_alert("nightly", "comment", DAY, "late", "r2", LocalizedText("二", "two")).id == first.id
    others = {
        run_alert("score", "comment", DAY, "late", "r1", LocalizedText("", "")).id,
        run_alert("nightly", "weibo", DAY, "late", "r1", LocalizedText("", "")).id,
        run_alert("nightly", "comment", date(2026, 1, 6), "late", "r1", LocalizedText("", "")).id,
        run_alert("nightly", "comment", DAY, "missed", "r1", LocalizedText("", "")).id,
    }
    assert len(others | {first.id}) == 5
