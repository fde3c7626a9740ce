"""All findings of one night."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring.findings.catalogue import CATALOGUE
from monitoring.findings.record import Findings, Metric, Missing
from monitoring.metrics.count_metrics import Pair, count_metrics, slice_metrics, volume
from monitoring.metrics.input import MonitoringInput, SampleLimits
from monitoring.metrics.labelled_metrics import labelled_metrics
from monitoring.metrics.missing import gaps_of
from monitoring.metrics.sides import side_of
from monitoring.metrics.text_metrics import rising_words, text_metrics
from monitoring.metrics.token_metrics import shifted_tokens, token_metrics
from monitoring.metrics.unlabelled_metrics import unlabelled_metrics
from storage.profiles.profile import empty


def measure(subject: MonitoringInput, limits: SampleLimits, known_gaps: tuple[Missing, ...] = ()) -> Findings:
    """Find out about one night.

    Nothing that is missing stops the rest: what could not be measured has a metric that says why, or a word
    in `missing`.

    Args:
        subject: The night.
        limits: How much is measured.
        known_gaps: What the caller already knows to be missing.
    """
    baseline = subject.baseline
    words, most_risen = rising_words(subject, limits)
    labelled, reliability, unlabelled = labelled_metrics(subject)
    metrics = [volume(subject.profile.total.rows, subject.past_rows), *_counted(subject, limits)]
    if baseline is not None:
        metrics += token_metrics(subject, baseline)
    metrics += [*text_metrics(subject, limits), most_risen, *unlabelled_metrics(subject), *labelled]
    order = {name: place for place, name in enumerate(CATALOGUE)}
    metrics.sort(key=lambda metric: (metric.slice != "", order[metric.name]))
    return Findings(
        task=subject.task,
        logical_date=subject.logical_date,
        bundle=subject.bundle,
        reference=baseline.note if baseline else None,
        now=side_of(subject.profile),
        before=side_of(baseline.profile) if baseline else None,
        metrics=tuple(metrics),
        words=words,
        tokens=shifted_tokens(subject, baseline) if baseline else (),
        reliability=reliability,
        labelled_rows=len(subject.labelled.gold) if subject.labelled else 0,
        missing=(*known_gaps, *_others((*gaps_of(subject, limits), *unlabelled), known_gaps)),
    )


def _others(gaps: tuple[Missing, ...], known: tuple[Missing, ...]) -> Iterator[Missing]:
    """Gaps of which the caller did not give a better reason: labels are not absent where the warehouse is locked."""
    explained = {name for gap in known for name in gap.what.split(", ")}
    return (gap for gap in gaps if not explained.issuperset(gap.what.split(", ")))


def _counted(subject: MonitoringInput, limits: SampleLimits) -> list[Metric]:
    """What counts tell; without a reference only tonight's levels."""
    profile = subject.profile
    before = subject.baseline.profile if subject.baseline else empty(profile.labels)
    rng = subject.rng("counted")
    found = list(count_metrics(Pair(before.total, profile.total, profile.labels), rng, limits))
    return found + list(slice_metrics(before, profile, subject.rng("slices"), limits))
