from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

from models.evaluation.record import Interval
from monitoring.relabel.learning_curve.drawing import HEIGHT, WIDTH, Curve, draw_panel, draw_picture


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
