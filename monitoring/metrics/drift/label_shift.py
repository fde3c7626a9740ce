"""How the true classes have moved, the model's errors taken off. Effect: total variation.

The shares are estimated by expectation maximisation (EM) and from the confusion on dev rows (BBSE).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Z, wilson
from models.evaluation.record import Interval
from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LABEL_AND_COMPARE
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.metrics.samples import NO_SAMPLE, probs_tonight, sampled_probs
from monitoring.statistics.estimate import Estimate, unknown
from monitoring.statistics.label_shift import LabelShift, shares_by_confusion, shares_by_likelihood


@night_metric(
    MetricDefinition(
        name="prior_shift",
        family="predictions",
        place=40,
        unit="share",
        title=LocalizedText("类别先验偏移 (EM)", "Classes shifted (EM), total variation"),
        explanation=LocalizedText(
            "扣除模型误判后，有多少占比换了类别", "share that moved, the model's errors taken off"
        ),
        threshold=0.1,
        direction="up",
        advice=LABEL_AND_COMPARE,
        names_cause=True,
        panels={"drift": 60},
    )
)
def prior_shift(night: Night) -> Iterator[Measurement]:
    """Total variation between the estimated shares then and now; the chance is that of the clearest class.

    Each class gives a normal test of its two shares, their standard errors from their intervals; the least
    p-value is multiplied by the number of classes (Bonferroni).
    """
    if night.inputs.confusion is None:
        yield Measurement(unknown("the bundle does not know how its dev rows were confused"))
        return
    now, source = night.once(_shares_by_likelihood), night.once(_source_shares).shares
    if now.reason or not source:
        yield Measurement(unknown(now.reason or NO_SAMPLE))
        return
    yield Measurement(_total_variation(now, night.once(_source_shares)))


@night_metric(
    MetricDefinition(
        name="class_share_em",
        family="predictions",
        place=50,
        unit="share",
        title=LocalizedText("估计占比 (EM)", "Estimated share (EM)"),
        value="level",
        tested_by="prior_shift",
        sections=("classes",),
    )
)
def class_share_em(night: Night) -> Iterator[Measurement]:
    """Estimated share of each class by expectation maximisation."""
    if night.inputs.confusion is not None:
        yield from _class_shares(night, night.once(_shares_by_likelihood))


@night_metric(
    MetricDefinition(
        name="class_share_bbse",
        family="predictions",
        place=60,
        unit="share",
        title=LocalizedText("估计占比 (BBSE)", "Estimated share (BBSE)"),
        value="level",
        tested_by="prior_shift",
        sections=("classes",),
    )
)
def class_share_bbse(night: Night) -> Iterator[Measurement]:
    """Estimated share of each class from the confusion on dev rows."""
    confusion = night.inputs.confusion
    if confusion is not None:
        predicted = np.asarray(night.inputs.profile.total.class_counts, np.int64)
        yield from _class_shares(night, shares_by_confusion(confusion, predicted, night.inputs.rng("class_share_bbse")))


@dataclass(frozen=True, slots=True)
class _SourceShares:
    """True shares of the reference's classes, empty where nothing is known, and the rows behind them."""

    shares: tuple[Interval, ...]
    rows: float


def _gold_rows(night: Night) -> NDArray[np.int64]:
    """int64[C], dev rows of each class."""
    assert night.inputs.confusion is not None
    gold: NDArray[np.int64] = night.inputs.confusion.sum(axis=1)
    return gold


def _shares_by_likelihood(night: Night) -> LabelShift:
    gold = _gold_rows(night)
    return shares_by_likelihood(night.once(probs_tonight), gold / gold.sum(), night.inputs.rng("class_share_em"))


def _source_shares(night: Night) -> _SourceShares:
    """Known of dev rows, otherwise estimated like those of tonight."""
    gold, baseline = _gold_rows(night), night.inputs.baseline
    if baseline is None or baseline.note.kind == "dev":
        return _SourceShares(tuple(wilson(float(rows), float(gold.sum())) for rows in gold), float(gold.sum()))
    if baseline.sample is None:
        return _SourceShares((), 0.0)
    probs = sampled_probs(baseline.sample, len(gold))
    shares = shares_by_likelihood(probs, gold / gold.sum(), night.inputs.rng("source_shares")).shares
    intervals = tuple(Interval(each.value, each.low, each.high) for each in shares)
    return _SourceShares(intervals, shares[0].n if shares else 0.0)


def _total_variation(now: LabelShift, source: _SourceShares) -> Estimate:
    from scipy.stats import norm

    pairs = list(zip(now.shares, source.shares, strict=True))
    moved = np.array([each.value - was.value for each, was in pairs])
    spread = np.array([math.hypot(each.high - each.low, was.high - was.low) / (2 * Z) for each, was in pairs])
    value, half = float(np.abs(moved).sum() / 2), Z * float(np.sqrt((spread**2).sum())) / 2
    return Estimate(
        value=value,
        low=max(0.0, value - half),
        high=min(1.0, value + half),
        effect=value,
        p_value=min(1.0, float(2 * norm.sf(np.abs(moved) / np.maximum(spread, 1e-9)).min() * len(moved))),
        n=source.rows,
        m=now.shares[0].n,
    )


def _class_shares(night: Night, shift: LabelShift) -> Iterator[Measurement]:
    if shift.reason:
        yield Measurement(unknown(shift.reason))
        return
    source = night.once(_source_shares).shares
    for place, (label, estimate) in enumerate(zip(night.inputs.profile.labels, shift.shares, strict=True)):
        before = source[place].value if source else math.nan
        yield Measurement(estimate, estimate.value, before, label)
