"""What people's labels say, where they are of rows that were drawn at random."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.evaluation.record import ReliabilityBin
from monitoring.findings.record import Metric, Missing
from monitoring.metrics.input import MonitoringInput
from monitoring.metrics.missing import no_labels, only_biased, unknown_labels
from monitoring.statistics.calibration import LabelledScores, labelled_scores
from monitoring.statistics.measured import unknown
from monitoring.statistics.rates import compare_shares

_NAMES = ("accuracy", "macro_f1", "ece", "ece_equal_mass", "ece_classwise", "ece_debiased", "ece_smooth")


def labelled_metrics(
    subject: MonitoringInput,
) -> tuple[tuple[Metric, ...], tuple[ReliabilityBin, ...], tuple[Missing, ...]]:
    """Accuracy, macro-F1 and calibration on random rows, the bins behind them, and what could not be used."""
    labelled = subject.labelled
    missing = []
    if labelled is not None and labelled.unknown:
        missing.append(unknown_labels(labelled.unknown, subject.profile.labels))
    if labelled is None or len(labelled.gold) == 0:
        biased = labelled.biased if labelled is not None else 0
        missing.append(only_biased(biased) if biased else no_labels())
        return (), (), tuple(missing)
    scores = labelled_scores(labelled.probs, labelled.gold, subject.profile.labels, subject.rng("labelled_scores"))
    return (*_metrics(scores), _change(subject)), scores.reliability, tuple(missing)


def _metrics(scores: LabelledScores) -> Iterator[Metric]:
    for name in _NAMES:
        measured = getattr(scores, name)
        yield Metric(name, "", "", measured, measured.value)


def _change(subject: MonitoringInput) -> Metric:
    """Accuracy now against that on the dev rows."""
    assert subject.labelled is not None
    if subject.confusion is None:
        return Metric("accuracy_change", "", "", unknown("the bundle does not know its accuracy on dev rows"))
    gold, confusion = subject.labelled.gold, subject.confusion
    predicted = np.where(np.isnan(subject.labelled.probs).any(axis=1), -1, subject.labelled.probs.argmax(axis=1))
    right = int((predicted == gold).sum())
    rows, right_then = int(confusion.sum()), int(np.trace(confusion))
    measured = compare_shares(right_then, rows, right, len(gold))
    return Metric("accuracy_change", "", "", measured, right / len(gold), right_then / max(1, rows))
