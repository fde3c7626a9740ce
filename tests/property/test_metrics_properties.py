"""What must hold of an evaluation whatever the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.calibration import MAX_TEMPERATURE, MIN_TEMPERATURE, fit_temperature, softmax
from models.evaluation.metrics import evaluate
from models.evaluation.record import Evaluation, Interval

Rows = tuple[NDArray[np.float64], NDArray[np.int64]]


@st.composite
def labelled_logits(draw: st.DrawFn, failed: bool = True) -> Rows:
    """Logits float64[N, C] from coarse steps, so that ties happen, some rows NaN, and gold int64[N]."""
    rows, classes = draw(st.integers(1, 40)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = rng.integers(-8, 9, (rows, classes)) * draw(st.sampled_from([0.0, 0.25, 1.0, 10.0]))
    if failed:
        logits[rng.random(rows) < draw(st.sampled_from([0.0, 0.2, 1.0]))] = np.nan
    return logits, rng.integers(0, classes, rows)


def _evaluate(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> Evaluation:
    labels = [str(c) for c in range(logits.shape[1])]
    groups = [str(g % 3) for g in gold]
    return evaluate(softmax(logits), gold, labels, groups, np.random.default_rng(0))


def _figures(evaluation: Evaluation) -> list[float]:
    values = (getattr(evaluation, name) for name in Evaluation.__dataclass_fields__)
    return [x for v in values if isinstance(v, Interval) for x in (v.value, v.low, v.high)]


@settings(max_examples=60, deadline=None)
@given(labelled_logits(), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(rows: Rows, seed: int) -> None:
    logits, gold = rows
    order = np.random.default_rng(seed).permutation(len(gold))
    one, other = _evaluate(logits, gold), _evaluate(logits[order], gold[order])
    assert _figures(one) == pytest.approx(_figures(other), abs=1e-9, nan_ok=True)
    assert one.confusion == other.confusion
    assert [g.group for g in one.groups] == [g.group for g in other.groups]


@settings(max_examples=60, deadline=None)
@given(labelled_logits(), st.integers(2, 5))
def test_repeated_rows_change_no_value(rows: Rows, times: int) -> None:
    logits, gold = rows
    one, many = _evaluate(logits, gold), _evaluate(np.repeat(logits, times, axis=0), np.repeat(gold, times))
    for name in ("accuracy", "macro_precision", "macro_recall", "macro_f1", "brier", "nll", "ece"):
        value, repeated = getattr(one, name).value, getattr(many, name).value
        assert repeated == pytest.approx(value, abs=1e-9, nan_ok=True), name
    assert many.correct == times * one.correct


@settings(max_examples=60, deadline=None)
@given(labelled_logits())
def test_renaming_classes_changes_no_mean(rows: Rows) -> None:
    logits, gold = rows
    # Ties go to the first class, so they alone may change under renaming: break them.
    logits = logits + np.arange(logits.shape[1]) * 1e-3
    backwards = logits.shape[1] - 1 - gold
    one, other = _evaluate(logits, gold), _evaluate(logits[:, ::-1], backwards)
    assert one.correct == other.correct
    assert other.macro_f1.value == pytest.approx(one.macro_f1.value, abs=1e-12)
    assert [c.f1 for c in other.classes[::-1]] == [c.f1 for c in one.classes]


@settings(max_examples=60, deadline=None)
@given(labelled_logits())
def test_counts_add_up(rows: Rows) -> None:
    got = _evaluate(*rows)
    scored = got.rows - got.unscored
    assert sum(map(sum, got.confusion)) == scored
    assert sum(b.count for b in got.reliability) == scored
    assert sum(b.right for b in got.histogram) == got.correct
    assert sum(b.wrong for b in got.histogram) == scored - got.correct
    assert sum(c.support for c in got.classes) == sum(g.rows for g in got.groups) == got.rows
    assert sum(g.correct for g in got.groups) == got.correct


@settings(max_examples=60, deadline=None)
@given(labelled_logits())
def test_shares_are_shares(rows: Rows) -> None:
    got = _evaluate(*rows)
    for figure in (got.accuracy, got.macro_precision, got.macro_recall, got.macro_f1, got.ece):
        numbers = np.array([figure.value, figure.low, figure.high])
        assert np.isnan(numbers).all() or ((numbers >= 0.0) & (numbers <= 1.0)).all()
    assert got.accuracy.low <= got.accuracy.value <= got.accuracy.high


@settings(max_examples=100, deadline=None)
@given(labelled_logits(failed=False), st.sampled_from([0.05, 0.5, 3.0, 20.0]))
def test_temperature_never_changes_the_label(rows: Rows, temperature: float) -> None:
    logits, _ = rows
    probs = softmax(logits, temperature)
    np.testing.assert_allclose(probs.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(
        np.take_along_axis(probs, logits.argmax(axis=1)[:, None], axis=1)[:, 0], probs.max(axis=1)
    )


@settings(max_examples=100, deadline=None)
@given(labelled_logits(failed=False))
def test_fitted_temperature_is_no_worse_than_its_neighbours(rows: Rows) -> None:
    logits, gold = rows
    best = fit_temperature(logits, gold)
    assert MIN_TEMPERATURE <= best <= MAX_TEMPERATURE
    margins = logits - logits[np.arange(len(gold)), gold][:, None]
    if (margins <= 0.0).all():
        assert best == 1.0
        return
    loss = _loss(margins, best)
    for other in (max(best * 0.98, MIN_TEMPERATURE), min(best * 1.02, MAX_TEMPERATURE), 1.0):
        assert loss <= _loss(margins, other) + 1e-12


def _loss(margins: NDArray[np.float64], temperature: float) -> float:
    return float(np.logaddexp.reduce(margins / temperature, axis=1).mean())
