"""The rows of the page's tables."""

from __future__ import annotations

from dataclasses import replace

from monitoring.findings.judgement import Judgement
from monitoring.metrics.registry import CATALOGUE
from monitoring.page.rows import RowMaker, times
from tests.support.sample_reports import make_huge, make_morning, without_reference


def test_every_figure_of_all_rows_has_one_place() -> None:
    morning = make_morning("weibo", "bad")
    families = RowMaker(morning).families()
    titles = [row.title.en for group in families for row in group.rows]
    assert len(titles) == len(set(titles))
    unknown = [title.en for group in families for _, group_titles in group.unknown for title in group_titles]
    assert unknown == ["Embeddings told apart, AUC"]
    elsewhere = {"class_share", "class_share_em", "class_share_bbse", "expected_accuracy", "expected_macro_f1"}
    elsewhere |= {"ece_equal_mass", "ece_classwise", "ece_debiased", "ece_smooth"}
    shown = {m.name for m in morning.findings.metrics if not m.slice} - elsewhere
    assert {*titles, *unknown} == {CATALOGUE[name].title.en for name in shown}


def test_a_row_says_how_the_change_compares_with_what_matters() -> None:
    morning = make_morning("comment", "bad")
    metric = morning.findings.metric("unk_share")
    assert metric is not None
    row = RowMaker(morning).row(metric)
    assert (row.state, row.now, row.before, row.ratio) == ("alert", "1.2%", "0.42%", "1.8×")
    assert row.gauge == round(50 * metric.estimate.effect / 0.05, 1)
    assert row.nights == 5
    assert row.p == "<0.001"


def test_a_change_in_the_direction_that_does_not_matter_has_no_size() -> None:
    morning = make_morning()
    metric = morning.findings.metric("unk_share")
    assert metric is not None
    fallen = replace(metric, estimate=replace(metric.estimate, effect=-0.4))
    assert RowMaker(morning).row(fallen).ratio == "0.0×"
    shrunk = replace(fallen, name="duplicate_share")
    assert RowMaker(morning).row(shrunk).ratio == "2.0×"


def test_figures_without_a_threshold_are_for_information() -> None:
    morning = make_morning()
    metric = morning.findings.metric("token_psi")
    assert metric is not None
    row = RowMaker(morning).row(metric)
    assert (row.state, row.ratio, row.has_threshold) == (None, "", False)


def test_without_a_reference_nothing_is_called_normal() -> None:
    for group in RowMaker(without_reference(make_morning())).families():
        assert {row.state for row in group.rows} <= {None}


def test_slices_that_breach_come_first_and_the_rest_is_counted() -> None:
    morning = make_huge()
    cut = RowMaker(morning).slices(20, 5)
    assert {row.state for row in cut.rows} == {"watch"}
    breached = sum(v.breached and bool(v.slice) for v in morning.judgement.verdicts)
    assert cut.hidden - cut.quiet == breached - 20
    quiet = RowMaker(replace(morning, judgement=Judgement())).slices(20, 5)
    assert len(quiet.rows) == 5
    assert quiet.hidden == quiet.quiet
    assert [row.gauge for row in quiet.rows] == sorted((row.gauge for row in quiet.rows), reverse=True)


def test_a_few_quiet_slices_follow_those_that_breach() -> None:
    cut = RowMaker(make_morning("comment", "bad")).slices(20, 5)
    assert [row.state for row in cut.rows] == ["watch"] * 5 + ["ok"] * 5
    assert cut.hidden == cut.quiet > 0
    assert len(RowMaker(make_morning("comment", "bad")).slices(7, 5).rows) == 7


def test_multiples_stay_short() -> None:
    assert [times(x) for x in (0.0, 3.14159, 1e6, float("nan"))] == ["0.0×", "3.1×", ">99×", ""]
