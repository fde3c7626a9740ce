"""What the model's own probabilities let expect of it, without labels; there is no effect and no test."""

from __future__ import annotations

import math
from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.metrics.samples import probs_tonight
from monitoring.statistics.without_labels import ExpectedScores
from monitoring.statistics.without_labels import expected_scores as scores_without_labels
from storage.profiles.counts import UNIT


def _expected_scores(night: Night) -> ExpectedScores:
    return scores_without_labels(night.once(probs_tonight), night.inputs.rng("expected_scores"))


@night_metric(
    MetricDefinition(
        name="expected_accuracy",
        family="confidence",
        place=50,
        unit="share",
        title=LocalizedText("无标注估计准确率", "Accuracy expected without labels"),
        value="level",
        tested_by="mean_confidence",
        sections=("unlabelled",),
        short_title=LocalizedText("准确率", "Accuracy"),
        panels={"confidence": 20, "accuracy": 30},
    )
)
def expected_accuracy(night: Night) -> Iterator[Measurement]:
    """Mean top probability; before is that of all rows of the reference."""
    counts = night.inputs.baseline.profile.total if night.inputs.baseline else None
    before = counts.confidence * UNIT / counts.labelled if counts and counts.labelled else math.nan
    accuracy = night.once(_expected_scores).accuracy
    yield Measurement(accuracy, accuracy.value, before)


@night_metric(
    MetricDefinition(
        name="expected_macro_f1",
        family="confidence",
        place=60,
        unit="share",
        title=LocalizedText("无标注估计宏 F1", "Macro-F1 expected without labels"),
        value="level",
        tested_by="mean_confidence",
        sections=("unlabelled",),
        short_title=LocalizedText("宏 F1", "Macro-F1"),
        panels={"confidence": 30},
    )
)
def expected_macro_f1(night: Night) -> Iterator[Measurement]:
    """Mean of the classes' expected F1."""
    macro_f1 = night.once(_expected_scores).macro_f1
    yield Measurement(macro_f1, macro_f1.value)
