"""All findings of one night."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring.findings.record import Findings, Metric, Missing
from monitoring.metrics.counts import all_rows, large_slices
from monitoring.metrics.input import MonitoringInput, SampleLimits
from monitoring.metrics.labels import missing_labels, scores_by_labels
from monitoring.metrics.missing import missing_inputs
from monitoring.metrics.night import Night
from monitoring.metrics.registry import CATALOGUE
from monitoring.metrics.sides import side_of
from monitoring.metrics.tokens import shifted_tokens
from monitoring.metrics.words import word_records


def measure(inputs: MonitoringInput, limits: SampleLimits, known_gaps: tuple[Missing, ...] = ()) -> Findings:
    """Find out about one night: every metric of the catalogue, and what is shown beside them.

    Nothing that is missing stops the rest: what could not be measured has a metric that says why, or an entry
    in `missing`.

    Args:
        inputs: The night.
        limits: How much is measured.
        known_gaps: What the caller already knows to be missing.
    """
    night, baseline = Night(inputs, limits), inputs.baseline
    order = {name: place for place, name in enumerate(CATALOGUE)}
    metrics = [*_metrics_of_night(night), *_metrics_of_counts(night)]
    metrics.sort(key=lambda metric: (metric.slice != "", order[metric.name]))
    scores = night.once(scores_by_labels)
    gaps = (*missing_inputs(inputs, limits), *missing_labels(night))
    return Findings(
        task=inputs.task,
        logical_date=inputs.logical_date,
        bundle=inputs.bundle,
        reference=baseline.note if baseline else None,
        now=side_of(inputs.profile),
        before=side_of(baseline.profile) if baseline else None,
        metrics=tuple(metrics),
        words=word_records(night),
        tokens=shifted_tokens(night),
        reliability=scores.reliability if scores else (),
        labelled_rows=len(inputs.labelled.gold) if inputs.labelled else 0,
        missing=(*known_gaps, *_unexplained(gaps, known_gaps)),
    )


def _metrics_of_night(night: Night) -> Iterator[Metric]:
    for name, compute in CATALOGUE.of_night():
        for each in compute(night):
            yield Metric(name, each.slice, each.item, each.estimate, each.level, each.level_before)


def _metrics_of_counts(night: Night) -> Iterator[Metric]:
    for pair in (all_rows(night), *large_slices(night)):
        for name, compute in CATALOGUE.of_counts():
            for each in compute(pair):
                yield Metric(name, pair.rows, each.item, each.estimate, each.level, each.level_before)


def _unexplained(gaps: tuple[Missing, ...], known: tuple[Missing, ...]) -> Iterator[Missing]:
    """Gaps of which the caller did not give a better reason: labels are not absent where the warehouse is locked."""
    explained = {name for gap in known for name in gap.what.split(", ")}
    return (gap for gap in gaps if not explained.issuperset(gap.what.split(", ")))
