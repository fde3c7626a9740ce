from __future__ import annotations

import math
from dataclasses import replace

import pytest

from monitoring.evidently.shown import ALERTS, as_text, chance_text, shown_metrics, title_of
from monitoring.findings.judgement import Judgement
from monitoring.findings.record import Metric
from monitoring.metrics.registry import CATALOGUE
from monitoring.statistics.estimate import Estimate
from tests.support.evidently_nights import figure, judged, night


def test_every_known_figure_of_all_rows_is_shown_once_worst_first() -> None:
    shown = shown_metrics(night(), judged(night()))
    names = [each.name for each in shown]
    assert names == [ALERTS, "token_js", "text_auc", "rows", "empty_share", "class_share", "class_share"]
    assert [each.state for each in shown[:5]] == ["unjudged", "alert", "watched", "unjudged", "fine"]
    assert shown[0].value == 1


def test_the_value_is_the_level_or_what_was_measured() -> None:
    values = {each.name: each.value for each in shown_metrics(night(2), Judgement())}
    assert values["rows"] == 3_000
    assert values["token_js"] == pytest.approx(0.03)
    assert values["empty_share"] == 0.05


@pytest.mark.parametrize("unknown", [math.nan, math.inf])
def test_what_json_can_not_hold_is_left_out(unknown: float) -> None:
    findings = replace(night(), metrics=(Metric("ece", "", "", Estimate(unknown)),))
    assert [each.name for each in shown_metrics(findings, Judgement())] == [ALERTS]


def test_the_interval_is_of_what_was_measured() -> None:
    cells = {each.name: each.cells[2] for each in shown_metrics(night(), Judgement())}
    assert cells["empty_share"] == "Δ 1.00% [0.00%, 2.00%]"  # a difference from the reference
    assert cells["text_auc"] == "[0.5400, 0.5600]"  # the level itself
    assert cells["token_js"] == "[0.0000, 0.0200]"
    assert cells["rows"] == ""  # a ratio, which has no place in a column of rows


def test_a_breach_says_what_to_do() -> None:
    alert, watched, _, fine = shown_metrics(night(), judged(night()))[1:5]
    for each in (alert, watched):
        assert CATALOGUE[each.name].advice.en in each.said
        assert CATALOGUE[each.name].advice.zh in each.said
    assert "3 晚" in alert.said
    assert CATALOGUE["empty_share"].advice.en not in fine.said
    assert "基准 reference 4.00%" in fine.said


def test_titles_are_in_both_languages_and_name_the_item() -> None:
    assert title_of("class_share", "好评") == "预测占比 Predicted share: 好评"
    assert all(CATALOGUE[name].title.zh in title_of(name) for name in CATALOGUE)


def test_figures_have_the_digits_people_want() -> None:
    assert as_text(1234567.0, "rows") == "1,234,567"
    assert as_text(0.1234, "share") == "12.34%"
    assert as_text(20.46, "tokens") == "20.5"
    assert as_text(0.012345, "bits") == "0.0123"
    assert as_text(math.nan, "bits") == ""
    assert (chance_text(1e-9), chance_text(0.25), chance_text(math.nan)) == ("< 0.0001", "0.2500", "")


def test_each_class_has_a_figure_of_its_own() -> None:
    findings = replace(night(), metrics=tuple(figure("class_share", 0.0, item=item, level=0.5) for item in "甲乙"))
    assert [each.item for each in shown_metrics(findings, Judgement())] == ["", "甲", "乙"]
