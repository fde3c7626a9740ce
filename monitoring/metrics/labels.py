"""Labels of rows that were drawn at random, and which labels cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring.findings.record import Missing
from monitoring.metrics.missing import no_labels, only_biased, unknown_labels
from monitoring.metrics.night import Night
from monitoring.statistics.calibration import LabelledScores, labelled_scores


def scores_by_labels(night: Night) -> LabelledScores | None:
    """Accuracy, macro-F1 and calibration on random rows; None where none of them has a label."""
    labelled, labels = night.inputs.labelled, night.inputs.profile.labels
    if labelled is None or len(labelled.gold) == 0:
        return None
    return labelled_scores(labelled.probs, labelled.gold, labels, night.inputs.rng("labelled_scores"))


def missing_labels(night: Night) -> Iterator[Missing]:
    """Labels that there are not, or that cannot be used."""
    labelled = night.inputs.labelled
    if labelled is not None and labelled.unknown:
        yield unknown_labels(labelled.unknown, night.inputs.profile.labels)
    if labelled is None or len(labelled.gold) == 0:
        yield only_biased(labelled.biased) if labelled is not None and labelled.biased else no_labels()
