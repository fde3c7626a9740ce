from __future__ import annotations

from dataclasses import replace

from monitoring.page.classes import class_views
from tests.support.sample_reports import make_huge, make_morning, without_reference, without_rows


def test_shares_are_of_the_rows_that_have_a_label() -> None:
    findings = make_morning("comment", "bad").findings
    views = class_views(findings, 24)
    assert [each.label for each in views.shown] == [each.label for each in findings.now.classes]
    assert [each.rows for each in views.shown] == [each.rows for each in findings.now.classes]
    first = findings.now.classes[0]
    assert views.shown[0].share == f"{100 * first.rows / findings.now.labelled:.1f}%"
    estimated = findings.metric("class_share_em", item=first.label)
    assert estimated is not None
    assert views.shown[0].estimated == f"{100 * estimated.level:.1f}%"
    assert views.lowest == 0.5


def test_without_a_reference_there_is_nothing_before() -> None:
    for view in class_views(without_reference(make_morning()).findings, 24).shown:
        assert (view.share_before, view.sure_before, view.panel.outline) == ("–", "–", "")


def test_the_largest_classes_are_kept_in_the_order_of_the_bundle() -> None:
    findings = make_huge().findings
    views = class_views(findings, 24)
    assert (len(views.shown), views.hidden) == (24, 16)
    order = [each.label for each in findings.now.classes]
    assert [each.label for each in views.shown] == [label for label in order if label in {v.label for v in views.shown}]
    larger = tuple(replace(each, rows=10**6) if each.label == order[-1] else each for each in findings.now.classes)
    shown = class_views(replace(findings, now=replace(findings.now, classes=larger)), 1).shown
    assert [each.label for each in shown] == [order[-1]]


def test_a_class_without_rows_has_no_share_of_sure_ones() -> None:
    assert {each.sure for each in class_views(without_rows(make_morning()).findings, 24).shown} == {"–"}
