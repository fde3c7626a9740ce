"""The page and the picture: what they say, and that they need nothing but themselves."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from models.evaluation.record import Interval
from models.pages.localized_text import LocalizedText
from monitoring.relabel.learning_curve.drawing import HEIGHT, WIDTH, Curve, draw_panel, draw_picture
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


def test_the_drawing_is_xml_and_stays_within_its_frame() -> None:
    points = ((0.0, Interval(0.4, 0.38, 0.42)), (1000.0, Interval(0.47, 0.44, 0.5)))
    curves = [Curve("<挑选>", points, "#123456"), Curve("随机", points[:1], "#654321", dashed=True)]
    picture = ElementTree.fromstring(draw_picture([draw_panel("F1 & 更多", "n", curves)] * 2))
    assert picture.attrib["viewBox"] == f"0 0 {2 * WIDTH} {HEIGHT}"
    dots = [each for each in picture.iter() if each.tag.endswith("circle")]
    assert len(dots) == 6
    for dot in dots:
        assert 0 < float(dot.attrib["cx"]) < WIDTH
        assert 0 < float(dot.attrib["cy"]) < HEIGHT
    first, second = (float(dots[place].attrib["cy"]) for place in (0, 1))
    assert first > second  # higher scores lie higher


def test_numbers_below_do_not_touch() -> None:
    sizes = [0, 5, 10, 400, 405, 1000]
    drawn = draw_panel("F1", "n", [Curve("", tuple((float(x), Interval(0.5, 0.4, 0.6)) for x in sizes), "#123456")])
    below = re.findall(rf'<text x="([\d.]+)" y="{HEIGHT - 24}"[^>]*>([\d,]+)</text>', drawn)
    assert [number for _, number in below] == ["1,000", "405", "10"]
    places = [float(place) for place, _ in below]
    assert all(one - other >= 36 for one, other in pairwise(places))


def test_a_single_point_can_be_drawn() -> None:
    drawn = draw_panel("F1", "n", [Curve("", ((100.0, Interval(0.5, math.nan, math.nan)),), "#123456")])
    assert drawn.count("<circle") == 1
    assert "nan" not in drawn
