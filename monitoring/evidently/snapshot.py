"""One night as an Evidently snapshot."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

import pyarrow as pa

from monitoring.evidently.dataset import compare
from monitoring.evidently.extra import evidently_imports
from monitoring.evidently.metrics import evidently_classes
from monitoring.evidently.shown import shown_metrics
from monitoring.evidently.tables import make_tables
from monitoring.findings.judgement import Judgement
from monitoring.findings.record import Findings

if TYPE_CHECKING:
    from evidently.core.report import Snapshot


def make_snapshot(
    findings: Findings,
    judgement: Judgement,
    current_sample: pa.Table,
    reference_sample: pa.Table | None,
    *,
    show_texts: bool,
) -> Snapshot:
    """Render a night.

    Args:
        findings: Of the night; each metric of all rows becomes an Evidently metric, its verdict a test.
        judgement: What is thought of them.
        current_sample: Tonight's sample, `SAMPLE_SCHEMA`.
        reference_sample: The reference's, None without one.
        show_texts: Let texts of the sample into the report; without it the snapshot holds none.

    Returns:
        A snapshot dated with the night, without a zone: the dashboard shows that date wherever it is read.

    Raises:
        ExtraMissing: Evidently is not installed.
    """
    with evidently_imports():
        from evidently import Report

    classes = tuple(each.label for each in findings.now.classes)
    compared = compare(current_sample, reference_sample, classes, show_texts=show_texts)
    shown = shown_metrics(findings, judgement)
    tables = make_tables(findings, judgement, shown, current_sample, show_texts=show_texts)
    ours = evidently_classes()
    night = f"{findings.task} {findings.logical_date}"
    report = Report([ours.night.of(night, shown, tables), ours.drift.of(compared)], include_tests=False)
    snapshot: Snapshot = report.run(
        compared.current,
        compared.reference,
        timestamp=datetime.combine(findings.logical_date, time()),
        metadata=_metadata(findings),
        tags=[findings.task],
        name=night,
    )
    return snapshot


def _metadata(findings: Findings) -> dict[str, str]:
    reference = findings.reference
    return {
        "task": findings.task,
        "date": findings.logical_date.isoformat(),
        "bundle": findings.bundle,
        "reference": reference.reference if reference else "-",
        "reference_kind": reference.kind if reference else "-",
    }
