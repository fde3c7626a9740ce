"""The page and the picture: what they say, and that they need nothing but themselves."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models.evaluation.record import Interval
from models.pages.localized_text import LocalizedText
from monitoring.relabel.learning_curve.measure import Advantage, Learned, LearningCurve, Point
from monitoring.relabel.learning_curve.page import render_learning_curve, verdicts
from monitoring.statistics.learning_curve import Projection

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NOBODY = Interval(math.nan, math.nan, math.nan)


def point(number: int, learned: Learned, labels: int, value: float) -> Point:
    figure = Interval(value, value - 0.02, value + 0.02)
    return Point(number, learned, labels, 3, 400, figure, Interval(value - 0.5, value - 0.52, value - 0.48), 0.05)


def effect(gap: Interval, gain: Interval = NOBODY, *, told: bool = False, sizes: int = 2) -> LearningCurve:
    points = (
        point(0, "nothing", 0, 0.5),
        point(1, "all", 200, 0.55),
        point(2, "all", 400, 0.6),
        point(2, "picked", 80, 0.58),
        point(2, "random", 80, 0.57),
    )
    return LearningCurve(points, (Advantage(2, 80, gap, 0.87),), Projection(400, 500, gain, told=told, sizes=sizes))


def page(found: LearningCurve, task: str = "comment", notes: tuple[LocalizedText, ...] = (), lang: str = "zh") -> str:
    return render_learning_curve(task, "b1", ("第一批", "第二批"), found, notes, NOW, lang=lang)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (
            Interval(0.03, 0.01, 0.05),
            "picking pays: with 80 labels each, picked less random is +3.0 [+1.0, +5.0] points",
        ),
        (Interval(-0.03, -0.05, -0.01), "random rows do better"),
        (Interval(0.0, -0.02, 0.02), "no difference can be told"),
    ],
)
def test_whether_picking_pays(gap: Interval, said: str) -> None:
    whole, picking, _ = (each.en for each in verdicts(effect(gap)))
    assert whole == "400 labels bought +10.0 [+8.0, +12.0] points of macro-F1"
    assert picking.startswith(said)
    assert "87%" in picking


def test_what_more_would_buy() -> None:
    gap, gain = Interval(0, -0.1, 0.1), Interval(0.012, 0.004, 0.02)
    assert verdicts(effect(gap))[-1].en == "what 500 more would buy: cannot tell, the curve has 2 points and takes 3"
    told = verdicts(effect(gap, gain, told=True, sizes=3))[-1]
    assert told.en == "500 more labels will probably buy +1.2 [+0.4, +2.0] points"
    assert "预计提升 +1.2" in told.zh
    wide = verdicts(effect(gap, Interval(0.05, 0.0, 0.1), sizes=3))[-1]
    assert wide.en == "what 500 more would buy: cannot tell, between +0.0 … +10.0 points"


def test_far_ahead_is_not_told() -> None:
    found = effect(Interval(0, -0.1, 0.1), Interval(0.01, 0.0, 0.02), sizes=3)
    far = replace(found, projection=replace(found.projection, more=1000))
    assert verdicts(far)[-1].en == "what 1,000 more would buy: cannot tell from 400 labels"


def test_without_anything_to_compare() -> None:
    alone = LearningCurve((point(0, "nothing", 0, 0.5),), (), Projection(0, 500, NOBODY, told=False, sizes=0))
    assert [each.en.split(",")[0] for each in verdicts(alone)] == [
        "too few random labels beside the picked ones to say whether picking pays",
        "what 500 more would buy: cannot tell",
    ]
    assert "<svg" not in page(alone)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_needs_nothing_but_itself(lang: str) -> None:
    found = effect(Interval(0.03, 0.01, 0.05), Interval(0.012, 0.004, 0.02), told=True, sizes=3)
    html = page(found, notes=(LocalizedText("少了几行", "rows lack"),), lang=lang)
    assert f'lang="{"zh-Hans" if lang == "zh" else "en"}"' in html
    for each in ("学习曲线", "Learning curve", "第二批", "少了几行" if lang == "zh" else "rows lack", "+3.0"):
        assert each in html
    for foreign in ("<script", "http://", "https://", "nan"):
        assert foreign not in html.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_what_comes_from_data_is_escaped_and_cut() -> None:
    html = page(
        effect(Interval(0, -1, 1)), task="<b>" + "x" * 300, notes=(LocalizedText("<script>alert(1)</script>", ""),)
    )
    assert "<b>x" not in html
    assert "<script" not in html
    assert "x" * 100 not in html
