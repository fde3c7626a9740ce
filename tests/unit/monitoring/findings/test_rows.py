from __future__ import annotations

from datetime import UTC, datetime

from monitoring.alerts.judge import judge
from monitoring.alerts.rules import Rules
from monitoring.findings.record import Metric
from monitoring.findings.rows import alert_rows, metric_rows
from monitoring.statistics.measured import unknown
from storage.warehouse.metrics import ALERTS_SCHEMA, METRICS_SCHEMA
from tests.support.sample_findings import FIRST, findings, metric

AT = datetime(2026, 1, 6, 2, tzinfo=UTC)
FOUND = findings(
    metric(effect=0.4, level=0.4),
    metric(rows="source=a", effect=0.4),
    metric("class_share", item="好"),
    Metric("ece", "", "", unknown("no labelled rows")),
)
JUDGEMENT = judge(FOUND, Rules(), ())


def test_each_metric_is_a_row_and_what_is_unknown_is_null() -> None:
    table = metric_rows(FOUND, JUDGEMENT, AT)
    assert table.schema.equals(METRICS_SCHEMA)
    psi, of_slice, share, ece = table.to_pylist()
    assert psi == {
        "task": "comment",
        "logical_date": FIRST,
        "bundle": "b1",
        "reference": None,
        "slice": "",
        "name": "class_psi",
        "item": "",
        "level": 0.4,
        "level_before": None,
        "value": 0.4,
        "low": 0.1,
        "high": 0.2,
        "effect": 0.4,
        "p_value": 1e-9,
        "adjusted_p": 1e-9,
        "threshold": 0.1,
        "breached": True,
        "nights": 1,
        "null_low": -0.01,
        "null_high": 0.01,
        "n": 1000.0,
        "m": 1000.0,
        "reason": "",
        "measured_at": AT,
    }
    assert (of_slice["slice"], of_slice["breached"]) == ("source=a", True)
    assert (share["item"], share["threshold"], share["breached"], share["nights"]) == ("好", None, False, 0)
    assert (ece["value"], ece["p_value"], ece["reason"]) == (None, None, "no labelled rows")


def test_each_alert_is_a_row() -> None:
    table = alert_rows(JUDGEMENT, AT)
    assert table.schema.equals(ALERTS_SCHEMA)
    (row,) = table.to_pylist()
    (alert,) = JUDGEMENT.alerts
    assert (row["alert"], row["slices"], row["fired_at"]) == (alert.alert, ["source=a"], AT)
    assert row["message_zh"] == alert.message_zh


def test_a_night_without_anything_has_no_rows() -> None:
    nothing_found = judge(findings(), Rules(), ())
    assert metric_rows(findings(), nothing_found, AT).num_rows == 0
    assert alert_rows(nothing_found, AT).num_rows == 0
