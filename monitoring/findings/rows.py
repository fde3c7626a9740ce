"""Findings and judgement as rows of the warehouse."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import pyarrow as pa

from monitoring.findings.json_form import to_plain
from monitoring.findings.judgement import Judgement
from monitoring.findings.record import Findings
from monitoring.statistics.estimate import Estimate
from storage.warehouse.metrics import ALERTS_SCHEMA, METRICS_SCHEMA


def metric_rows(findings: Findings, judgement: Judgement, measured_at: datetime) -> pa.Table:
    """One row per metric in `METRICS_SCHEMA`; NaN becomes null.

    Args:
        findings: The night.
        judgement: What is thought of it.
        measured_at: When it was found out, with a time zone.
    """
    metrics = findings.metrics
    verdicts = {each.key: each for each in judgement.verdicts}
    judged = [verdicts.get(each.key) for each in metrics]
    columns: dict[str, list[Any]] = {
        "task": [findings.task] * len(metrics),
        "logical_date": [findings.logical_date] * len(metrics),
        "bundle": [findings.bundle] * len(metrics),
        "reference": [findings.reference.reference if findings.reference else None] * len(metrics),
        **{name: [getattr(each, name) for each in metrics] for name in ("slice", "name", "item")},
        **{name: [getattr(each, name) for each in metrics] for name in ("level", "level_before")},
        **{field.name: [getattr(each.estimate, field.name) for each in metrics] for field in fields(Estimate)},
        **{name: [each and getattr(each, name) for each in judged] for name in ("adjusted_p", "threshold")},
        "breached": [each is not None and each.breached for each in judged],
        "nights": [each.nights if each else 0 for each in judged],
        "measured_at": [measured_at] * len(metrics),
    }
    # from_pandas: NaN is null
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in METRICS_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=METRICS_SCHEMA)


def alert_rows(judgement: Judgement, fired_at: datetime) -> pa.Table:
    """One row per alert in `ALERTS_SCHEMA`.

    Args:
        judgement: What is thought of a night.
        fired_at: When the night was found out, with a time zone.
    """
    rows = [{**to_plain(each), "fired_at": fired_at} for each in judgement.alerts]
    return pa.Table.from_pylist(rows, schema=ALERTS_SCHEMA)
