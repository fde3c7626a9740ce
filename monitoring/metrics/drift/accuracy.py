"""How often the model is right, by labels of random rows; its change since training has an effect, Cohen's h."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.pages.localized_text import LocalizedText
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.labels import scores_by_labels
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.statistics.estimate import unknown
from monitoring.statistics.rates import compare_shares


@night_metric(
    MetricDefinition(
        name="accuracy",
        family="labels",
        place=10,
        unit="share",
        title=LocalizedText("准确率", "Accuracy"),
        explanation=LocalizedText("抽查标注中判对的比例", "right among labelled random rows"),
        value="level",
        tested_by="accuracy_change",
        sections=("table", "labelled"),
        panels={"accuracy": 10},
    )
)
def accuracy(night: Night) -> Iterator[Measurement]:
    """Share of right rows."""
    scores = night.once(scores_by_labels)
    if scores is not None:
        yield Measurement(scores.accuracy, scores.accuracy.value)


@night_metric(
    MetricDefinition(
        name="accuracy_change",
        family="labels",
        place=20,
        unit="share",
        title=LocalizedText("准确率变化", "Accuracy against training"),
        explanation=LocalizedText("与训练时相比", "compared with training"),
        threshold=0.1,
        direction="down",
        advice=LocalizedText(
            "用新标注增量微调；此前可提高人工复核的阈值。",
            "Fine-tune on the new labels; until then raise the threshold below which people decide.",
        ),
    )
)
def accuracy_change(night: Night) -> Iterator[Measurement]:
    """Accuracy now against that on the dev rows."""
    labelled, confusion = night.inputs.labelled, night.inputs.confusion
    if labelled is None or len(labelled.gold) == 0:
        return
    if confusion is None:
        yield Measurement(unknown("the bundle does not know its accuracy on dev rows"))
        return
    predicted = np.where(np.isnan(labelled.probs).any(axis=1), -1, labelled.probs.argmax(axis=1))
    right, rows = int((predicted == labelled.gold).sum()), len(labelled.gold)
    right_then, rows_then = int(np.trace(confusion)), int(confusion.sum())
    estimate = compare_shares(right_then, rows_then, right, rows)
    yield Measurement(estimate, right / rows, right_then / max(1, rows_then))


@night_metric(
    MetricDefinition(
        name="macro_f1",
        family="labels",
        place=30,
        unit="share",
        title=LocalizedText("宏 F1", "Macro-F1"),
        explanation=LocalizedText("各类同等看待的综合得分，1 最好", "score with all classes alike, 1 best"),
        value="level",
        tested_by="accuracy_change",
        sections=("table", "labelled"),
        panels={"accuracy": 20},
    )
)
def macro_f1(night: Night) -> Iterator[Measurement]:
    """Mean of the classes' F1."""
    scores = night.once(scores_by_labels)
    if scores is not None:
        yield Measurement(scores.macro_f1, scores.macro_f1.value)
