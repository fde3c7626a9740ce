"""What people are shown in the morning: the findings of the night with what surrounds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from typing import Literal

from monitoring.findings.judgement import Judgement
from monitoring.findings.record import Findings
from storage.runs.log import RunRecord

MetricKey = tuple[str, str, str]
"""`Metric.key`: name, slice, item."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A metric on one night.

    Attributes:
        logical_date: The night.
        value: The level where the metric has one, otherwise the value; NaN where it is not known.
        breached: It was a breach that night.
    """

    logical_date: date
    value: float
    breached: bool


@dataclass(frozen=True, slots=True)
class Link:
    """Another file about the night.

    Attributes:
        kind: `evidently`: the Evidently report; `relabel`: the queue of rows to label.
        href: Where it is, best relative to the page; None where it has not been made.
        command: The command that makes it.
    """

    kind: Literal["evidently", "relabel"]
    href: str | None
    command: str


@dataclass(frozen=True, slots=True)
class WaitingBatch:
    """A batch of the relabel queue that is not done.

    Attributes:
        batch: Its name.
        rows: Rows to label, without golden ones.
        unlabelled: Rows of it without a label.
        ties: Rows on which people disagree evenly.
        command: What to run next.
    """

    batch: str
    rows: int
    unlabelled: int
    ties: int
    command: str


@dataclass(frozen=True, slots=True)
class Morning:
    """All that the morning's page and the terminal show. They read no clock and no file.

    Attributes:
        findings: What was found out.
        judgement: What is thought of it.
        runs: Score and load runs of the night, the newest last.
        trends: For each metric its last nights, oldest first, tonight included.
        links: Other files.
        waiting: Batches of the relabel queue that are not done, the newest first.
        zone: Time zone that times are written in.
    """

    findings: Findings
    judgement: Judgement
    runs: tuple[RunRecord, ...] = ()
    trends: Mapping[MetricKey, tuple[TrendPoint, ...]] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    waiting: tuple[WaitingBatch, ...] = ()
    zone: tzinfo = UTC
