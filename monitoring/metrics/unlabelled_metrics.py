"""What can be said without labels: how good the model is, and how the true classes have moved."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.evaluation.intervals import wilson
from models.evaluation.record import Interval
from monitoring.findings.record import Metric
from monitoring.metrics.input import MonitoringInput
from monitoring.statistics.label_shift import LabelShift, shares_by_confusion, shares_by_likelihood
from monitoring.statistics.measured import Estimate, Z, unknown
from monitoring.statistics.without_labels import expected_scores
from storage.profiles.counts import UNIT, Counts

_NO_CONFUSION = "the bundle does not know how its dev rows were confused"


def sampled_probs(sample: pa.Table, classes: int) -> NDArray[np.float64]:
    """float64[N, C] of the sampled rows that have a label."""
    probs = sample["probs"].filter(pc.is_valid(sample["probs"]))
    return np.asarray(pc.list_flatten(probs).to_numpy(), np.float64).reshape(-1, classes)


def unlabelled_metrics(subject: MonitoringInput) -> Iterator[Metric]:
    """Expected accuracy and macro-F1, and the estimated shares of the true classes."""
    labels = subject.profile.labels
    probs = sampled_probs(subject.sample, len(labels))
    scores = expected_scores(probs, subject.rng("expected_scores"))
    before = _mean_confidence(subject.baseline.profile.total) if subject.baseline else math.nan
    yield Metric("expected_accuracy", "", "", scores.accuracy, scores.accuracy.value, before)
    yield Metric("expected_macro_f1", "", "", scores.macro_f1, scores.macro_f1.value)
    if subject.confusion is None:
        yield Metric("prior_shift", "", "", unknown(_NO_CONFUSION))
        return
    gold = subject.confusion.sum(axis=1)
    by_likelihood = shares_by_likelihood(probs, gold / gold.sum(), subject.rng("class_share_em"))
    source, source_rows = _source_shares(subject, gold)
    predicted = np.asarray(subject.profile.total.class_counts, np.int64)
    by_confusion = shares_by_confusion(subject.confusion, predicted, subject.rng("class_share_bbse"))
    yield _prior_shift(by_likelihood, source, source_rows)
    yield from _class_shares("class_share_em", by_likelihood, source, labels)
    yield from _class_shares("class_share_bbse", by_confusion, source, labels)


def _mean_confidence(counts: Counts) -> float:
    return counts.confidence * UNIT / counts.labelled if counts.labelled else math.nan


def _source_shares(subject: MonitoringInput, gold: NDArray[np.int64]) -> tuple[list[Interval], float]:
    """True shares of the reference's classes, and the rows behind them: known of dev, else estimated the same way."""
    baseline = subject.baseline
    if baseline is None or baseline.note.kind == "dev":
        return [wilson(float(rows), float(gold.sum())) for rows in gold], float(gold.sum())
    if baseline.sample is None:
        return [], 0.0
    probs = sampled_probs(baseline.sample, len(gold))
    shift = shares_by_likelihood(probs, gold / gold.sum(), subject.rng("source_shares"))
    rows = shift.shares[0].n if shift.shares else 0.0
    return [Interval(each.value, each.low, each.high) for each in shift.shares], rows


def _prior_shift(now: LabelShift, source: list[Interval], source_rows: float) -> Metric:
    """Total variation between the estimated shares then and now; the chance is that of the clearest class.

    Each class gives a normal test of its two shares, their standard errors from their intervals; the least
    p-value is multiplied by the number of classes (Bonferroni).
    """
    if now.reason or not source:
        return Metric("prior_shift", "", "", unknown(now.reason or "the reference has no sample of texts"))
    from scipy.stats import norm

    moved = np.array([each.value - was.value for each, was in zip(now.shares, source, strict=True)])
    spread = np.array([_spread(each, was) for each, was in zip(now.shares, source, strict=True)])
    p_value = min(1.0, float(2 * norm.sf(np.abs(moved) / np.maximum(spread, 1e-9)).min() * len(moved)))
    value = float(np.abs(moved).sum() / 2)
    half = Z * float(np.sqrt((spread**2).sum())) / 2
    measured = Estimate(
        value=value,
        low=max(0.0, value - half),
        high=min(1.0, value + half),
        effect=value,
        p_value=p_value,
        n=source_rows,
        m=now.shares[0].n,
    )
    return Metric("prior_shift", "", "", measured)


def _spread(now: Estimate, before: Interval) -> float:
    return math.hypot(now.high - now.low, before.high - before.low) / (2 * Z)


def _class_shares(name: str, shift: LabelShift, source: list[Interval], labels: tuple[str, ...]) -> Iterator[Metric]:
    if shift.reason:
        yield Metric(name, "", "", unknown(shift.reason))
        return
    for place, (label, measured) in enumerate(zip(labels, shift.shares, strict=True)):
        before = source[place].value if source else math.nan
        yield Metric(name, "", label, measured, measured.value, before)
