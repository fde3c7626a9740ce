from __future__ import annotations

import pytest

from monitoring.metrics.drift.confidence import confidence_psi, mean_confidence, mean_entropy, unsure_share
from storage.profiles.counts import CONFIDENCE_BINS, UNIT, Counts
from tests.support.measured_nights import counts, only, pair


def side(in_bin: int, confidence: float, rows: int = 1_000) -> Counts:
    """Rows of the second class, all with one confidence but for a little spread."""
    histogram = tuple(rows if place == in_bin else 0 for place in range(CONFIDENCE_BINS))
    sums = round(rows * confidence / UNIT), round(rows * (confidence**2 + 0.01) / UNIT)
    return counts(
        rows=rows,
        class_counts=(0, rows),
        confidences=((0,) * CONFIDENCE_BINS, histogram),
        confidence=sums[0],
        confidence_squared=sums[1],
        entropy=sums[0],
        entropy_squared=sums[1],
    )


SURE, UNSURE = side(18, 0.92), side(11, 0.57)


def test_a_model_that_gets_unsure_shows_in_all() -> None:
    moved = pair(SURE, UNSURE)
    assert only(confidence_psi(moved)).estimate.effect > 1
    mean = only(mean_confidence(moved))
    assert (mean.level, mean.level_before) == (pytest.approx(0.57), pytest.approx(0.92))
    assert mean.estimate.effect == pytest.approx(-3.5, rel=0.01)  # Cohen's d at a deviation of .1
    assert only(mean_entropy(moved)).level == pytest.approx(0.57)


def test_unsure_is_below_half_way_between_a_guess_and_certainty() -> None:
    assert only(unsure_share(pair(SURE, UNSURE))).level == 1.0
    assert only(unsure_share(pair(UNSURE, side(15, 0.77)))).level == 0.0
