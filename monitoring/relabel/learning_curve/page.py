"""The effect of labels as one small HTML page that needs nothing but itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from markupsafe import Markup

from models.evaluation.record import Interval
from models.pages.environment import page_environment
from models.pages.localized_text import LocalizedText
from monitoring.relabel.learning_curve.drawing import COLOURS, Curve, draw_panel, draw_picture
from monitoring.relabel.learning_curve.measure import Learned, LearningCurve, Point
from monitoring.statistics.learning_curve import MIN_SIZES, REACH

Lang = Literal["zh", "en"]
NAMES: Final[dict[Learned, LocalizedText]] = {
    "nothing": LocalizedText("现用模型", "champion"),
    "all": LocalizedText("全部标注", "all labels"),
    "picked": LocalizedText("挑选", "picked"),
    "random": LocalizedText("随机", "random"),
}
_CURVES: Final[tuple[Learned, ...]] = ("all", "picked", "random")
_MAX_CHARS: Final = 80


def render_learning_curve(
    task: str,
    parent: str,
    batches: Sequence[str],
    learning_curve: LearningCurve,
    notes: Sequence[LocalizedText],
    now: datetime,
    *,
    lang: Lang = "zh",
) -> str:
    """Render verdicts, the curve, and what it is made of.

    No script, nothing loaded; all that comes from data is escaped and cut.

    Args:
        task: The task's name.
        parent: The bundle that all networks start from.
        batches: Names of the batches, the oldest first.
        learning_curve: The figures.
        notes: What a reader should know of them.
        now: When they were made.
        lang: The language that leads; headings carry both.
    """
    environment = page_environment("monitoring.relabel.learning_curve", points=points, shorten=_shorten)
    return environment.get_template("page.html").render(
        task=task,
        parent=parent,
        batches=batches,
        learning_curve=learning_curve,
        verdicts=verdicts(learning_curve),
        names=NAMES,
        notes=notes,
        now=now,
        picture=Markup(_picture(learning_curve, lang)),
        lang=lang,
    )


def verdicts(learning_curve: LearningCurve) -> tuple[LocalizedText, ...]:
    """What all labels bought, whether picking paid, and what more labels will probably buy; a sentence each."""
    found = []
    whole = learning_curve.points_of("all")
    if whole:
        last = whole[-1]
        found.append(
            LocalizedText(
                f"{last.labels:,} 条标注使 macro-F1 提升 {_span(last.bought)} 个百分点",
                f"{last.labels:,} labels bought {_span(last.bought)} points of macro-F1",
            )
        )
    return (*found, _picking(learning_curve), _projection(learning_curve))


def points(share: float) -> str:
    """A share of 1 as points with a sign; a dash for what is not known."""
    return "–" if math.isnan(share) else f"{100 * share:+.1f}"


def _span(figure: Interval) -> str:
    return f"{points(figure.value)} [{points(figure.low)}, {points(figure.high)}]"


def _picking(learning_curve: LearningCurve) -> LocalizedText:
    if not learning_curve.advantages:
        return LocalizedText(
            "随机标注太少，无法比较挑选与随机",
            "too few random labels beside the picked ones to say whether picking pays",
        )
    last = learning_curve.advantages[-1]
    span, share = _span(last.macro_f1), f"{last.better:.0%}"
    if last.macro_f1.low > 0:
        zh, en = "挑选更划算", "picking pays"
    elif last.macro_f1.high < 0:
        zh, en = "随机更好", "random rows do better"
    else:
        zh, en = "看不出差别", "no difference can be told"
    return LocalizedText(
        f"{zh}：各 {last.labels:,} 条，挑选减随机 {span} 个百分点（{share} 的重抽样中挑选更好）",
        f"{en}: with {last.labels:,} labels each, picked less random is {span} points "
        f"(picked is better in {share} of the resamples)",
    )


def _projection(learning_curve: LearningCurve) -> LocalizedText:
    projection = learning_curve.projection
    if projection.sizes < MIN_SIZES:
        return LocalizedText(
            f"再标 {projection.more:,} 条能提升多少：看不出，曲线只有 {projection.sizes} 个点，至少要 {MIN_SIZES} 个",
            f"what {projection.more:,} more would buy: cannot tell, the curve has {projection.sizes} points and takes "
            f"{MIN_SIZES}",
        )
    gain = projection.gain
    if projection.more > REACH * projection.size:
        return LocalizedText(
            f"再标 {projection.more:,} 条能提升多少：看不出，目前只有 {projection.size:,} 条",
            f"what {projection.more:,} more would buy: cannot tell from {projection.size:,} labels",
        )
    if not projection.told:
        between = f"{points(gain.low)} … {points(gain.high)}"
        return LocalizedText(
            f"再标 {projection.more:,} 条能提升多少：看不出，介于 {between} 个百分点",
            f"what {projection.more:,} more would buy: cannot tell, between {between} points",
        )
    return LocalizedText(
        f"再标 {projection.more:,} 条预计提升 {_span(gain)} 个百分点",
        f"{projection.more:,} more labels will probably buy {_span(gain)} points",
    )


def _picture(learning_curve: LearningCurve, lang: Lang) -> str:
    """Macro-F1 with what is expected of it, and the calibration error."""
    found = [each for learned in _CURVES if (each := learning_curve.points_of(learned))]
    if not found:
        return ""
    champion = learning_curve.points[0]
    curves = [_curve_of((champion, *found[0]), COLOURS[0], lang)]
    curves += [_curve_of(each, colour, lang) for each, colour in zip(found[1:], COLOURS[1:], strict=False)]
    errors = [
        Curve(each.name, tuple((float(p.labels), _alone(p.ece)) for p in points), each.colour)
        for each, points in zip(curves, ((champion, *found[0]), *found[1:]), strict=True)
    ]
    if learning_curve.projection.told:
        curves.append(_expected(learning_curve, lang))
    x_title = _in(LocalizedText("标注条数", "labels"), lang)
    return draw_picture([draw_panel("macro-F1", x_title, curves), draw_panel("ECE", x_title, errors)])


def _curve_of(points: Sequence[Point], colour: str, lang: Lang) -> Curve:
    name = _in(NAMES[points[-1].learned], lang)
    return Curve(name, tuple((float(point.labels), point.macro_f1) for point in points), colour)


def _expected(learning_curve: LearningCurve, lang: Lang) -> Curve:
    projection, here = learning_curve.projection, learning_curve.points_of("all")[-1].macro_f1.value
    gain = projection.gain
    end = Interval(*(min(here + each, 1.0) for each in (gain.value, gain.low, gain.high)))
    both = ((float(projection.size), _alone(here)), (float(projection.size + projection.more), end))
    return Curve(_in(LocalizedText("预计", "expected"), lang), both, "#98a2b3", dashed=True)


def _alone(value: float) -> Interval:
    return Interval(value, math.nan, math.nan)


def _in(said: LocalizedText, lang: Lang) -> str:
    return said.zh if lang == "zh" else said.en


def _shorten(text: str, limit: int = _MAX_CHARS) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
