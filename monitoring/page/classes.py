"""The classes as the page shows them: how many, how sure, tonight and before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from monitoring.findings.record import ClassSide, Findings, Side
from monitoring.page.drawing import Panel, panel
from monitoring.wording.metric_text import now_and_before
from monitoring.wording.number_format import DASH, percent
from storage.profiles.counts import CONFIDENCE_BINS

_SURE: Final = CONFIDENCE_BINS * 9 // 10
"""First bin of confidences of .9 and more."""


@dataclass(frozen=True, slots=True)
class ClassView:
    """One class.

    Attributes:
        label: Its name.
        rows: Rows predicted as it tonight.
        share: Their share of the rows that have a label.
        share_before: The same of the reference.
        estimated: Share of the class once the model's errors are taken off, where it was estimated.
        sure: Share of its rows with a confidence of .9 and more.
        sure_before: The same of the reference.
        panel: Its confidence histogram.
    """

    label: str
    rows: int
    share: str
    share_before: str
    estimated: str
    sure: str
    sure_before: str
    panel: Panel


@dataclass(frozen=True, slots=True)
class ClassViews:
    """The classes that are shown, in the bundle's order, and the number of the others."""

    shown: tuple[ClassView, ...]
    hidden: int
    lowest: float


def class_views(findings: Findings, most: int) -> ClassViews:
    """The classes with the most rows tonight and in the reference."""
    now, before = findings.now, findings.before
    earlier = {each.label: each for each in before.classes} if before else {}
    largest = sorted(now.classes, key=lambda c: -(c.rows + (earlier[c.label].rows if c.label in earlier else 0)))
    kept = {each.label for each in largest[:most]}
    shown = tuple(_view(findings, each, earlier.get(each.label), before) for each in now.classes if each.label in kept)
    return ClassViews(shown, len(now.classes) - len(shown), shown[0].panel.lowest if shown else 0.0)


def _view(findings: Findings, now: ClassSide, earlier: ClassSide | None, before: Side | None) -> ClassView:
    estimated = findings.metric("class_share_em", item=now.label)
    return ClassView(
        label=now.label,
        rows=now.rows,
        share=_share(now.rows, findings.now.labelled),
        share_before=_share(earlier.rows, before.labelled) if earlier and before else DASH,
        estimated=now_and_before(estimated, "share")[0] if estimated else DASH,
        sure=_sure(now),
        sure_before=_sure(earlier) if earlier else DASH,
        panel=panel(now, earlier, len(findings.now.classes)),
    )


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else DASH


def _sure(side: ClassSide) -> str:
    return _share(sum(side.confidences[_SURE:]), sum(side.confidences))
