"""What a drift metric declares about itself: its name and texts, its unit, what matters, and where it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from models.pages.localized_text import NO_TEXT, LocalizedText

Family = Literal["volume", "text", "tokens", "content", "predictions", "confidence", "labels"]
Unit = Literal["rows", "share", "tokens", "nats", "bits", "score"]
Direction = Literal["both", "up", "down"]
ValueKind = Literal["change", "level", "ratio"]
"""`change`: a distance, or a difference where both levels are known; `level`: of tonight alone; `ratio`: a multiple."""
PageSection = Literal["table", "classes", "words", "labelled", "unlabelled"]
"""Sections of the page: the table of drift, the classes, the new words, accuracy by labels and without them."""
Panel = Literal[
    "volume",
    "drift",
    "told_apart",
    "classes",
    "tokens",
    "confidence",
    "accuracy",
    "calibration",
    "quality",
    "duplicates",
    "length",
]
"""Panels of the dashboard of all nights."""

FAMILIES: Final[dict[Family, LocalizedText]] = {
    "volume": LocalizedText("数据量", "Volume"),
    "text": LocalizedText("文本形态", "Shape of the texts"),
    "tokens": LocalizedText("用词", "Tokens"),
    "content": LocalizedText("内容", "Content"),
    "predictions": LocalizedText("预测结果", "Predictions"),
    "confidence": LocalizedText("置信度", "Confidence"),
    "labels": LocalizedText("对照标注", "Against labels"),
}
"""The families with their headings, in the order in which people read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDefinition:
    """What a drift metric is.

    Attributes:
        name: Its name in the warehouse, in files and in the configuration; never changed once it is released.
        family: What it is about.
        place: Its place within the family; equal places are ordered by name.
        unit: Unit of its level, or of its value where it has no level.
        title: What people call it.
        explanation: What it means, in a few words for people without statistics; None where the title says it.
        threshold: Size of the effect from which a change matters, on the scale of `Estimate.effect`; None for
            metrics that are shown and never raise an alert, mostly because another one shows the same.
        critical: Multiple of the threshold from which an alert is critical and no longer a warning.
        direction: Which direction of the effect matters.
        advice: What to do when it has changed.
        names_cause: Whether it says by itself what has happened; the others only say that something has.
        adjusted: Whether its p-value is adjusted for multiple tests before the night is judged.
        value: What its value is.
        unchanged: The value that means that nothing has changed; of no meaning for a level.
        tested_by: Metric that has a p-value where this one has none; empty where this one has its own.
        sections: Where the page shows it.
        short_title: Its name in the lists of those sections, where the heading says the rest; None for `title`.
        panels: Panels of the dashboard that plot it, with its place in each.
    """

    name: str
    family: Family
    place: int
    unit: Unit
    title: LocalizedText
    explanation: LocalizedText | None = None
    threshold: float | None = None
    critical: float = 2.0
    direction: Direction = "both"
    advice: LocalizedText = NO_TEXT
    names_cause: bool = False
    adjusted: bool = False
    value: ValueKind = "change"
    unchanged: float = 0.0
    tested_by: str = ""
    sections: tuple[PageSection, ...] = ("table",)
    short_title: LocalizedText | None = None
    panels: Mapping[Panel, int] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int, str]:
        """Its place among all metrics."""
        return list(FAMILIES).index(self.family), self.place, self.name

    @property
    def on_terminal(self) -> bool:
        """Whether the table of the terminal shows it: those of single classes and words are left to the page."""
        return not {"classes", "words"}.issuperset(self.sections)
