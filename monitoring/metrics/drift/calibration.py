"""How far confidence is from accuracy, by labels of random rows. Effect: the error less that of chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from models.pages.localized_text import LocalizedText
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.labels import scores_by_labels
from monitoring.metrics.night import Measurement, Night, NightMetric
from monitoring.metrics.registry import night_metric
from monitoring.statistics.calibration import LabelledScores
from monitoring.statistics.estimate import Estimate


def _error(estimate_of: Callable[[LabelledScores], Estimate]) -> NightMetric:
    def error(night: Night) -> Iterator[Measurement]:
        scores = night.once(scores_by_labels)
        if scores is not None:
            estimate = estimate_of(scores)
            yield Measurement(estimate, estimate.value)

    return error


night_metric(
    MetricDefinition(
        name="ece",
        family="labels",
        place=40,
        unit="share",
        title=LocalizedText("校准误差 ECE", "Calibration error (ECE)"),
        explanation=LocalizedText("置信度与实际准确率差多少：0 最好", "how far confidence is from accuracy: 0 best"),
        threshold=0.02,
        direction="up",
        advice=LocalizedText(
            "用随机样本的标注重新拟合温度。", "Refit the temperature on the labels of the random arm."
        ),
        names_cause=True,
        value="level",
        sections=("table", "labelled"),
        short_title=LocalizedText("校准误差 ECE", "Calibration error, ECE"),
        panels={"calibration": 10},
    )
)(_error(lambda scores: scores.ece))

_VARIANTS: Final = (
    ("ece_equal_mass", LocalizedText("ECE（等量分箱）", "ECE, equal mass"), lambda scores: scores.ece_equal_mass),
    ("ece_classwise", LocalizedText("ECE（逐类）", "ECE, classwise"), lambda scores: scores.ece_classwise),
    ("ece_debiased", LocalizedText("ECE（去偏）", "ECE, debiased"), lambda scores: scores.ece_debiased),
    ("ece_smooth", LocalizedText("ECE（平滑）", "ECE, smooth"), lambda scores: scores.ece_smooth),
)

for _number, (_name, _title, _estimate_of) in enumerate(_VARIANTS):
    night_metric(
        MetricDefinition(
            name=_name,
            family="labels",
            place=50 + _number,
            unit="share",
            title=_title,
            value="level",
            sections=("labelled",),
            panels={"calibration": 20} if _name == "ece_debiased" else {},
        )
    )(_error(_estimate_of))
