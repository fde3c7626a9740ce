"""Figures and verdicts in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from monitoring.findings.record import NOT_JUDGED, Missing
from monitoring.wording.headline import headline, notices
from tests.support.sample_reports import make_morning, make_run, without_reference, without_rows


def test_headline_of_each_kind_of_night() -> None:
    assert headline(make_morning("comment", "quiet")).state == "ok"
    assert headline(make_morning("comment", "watched")).text.en == "No action today; 2 things to watch."
    assert headline(make_morning("comment", "bad")).text.en == "Action needed: 6 things, 2 of them critical."
    assert headline(without_rows(make_morning())).text.en == "Action needed: 1 thing."


def test_a_night_that_nobody_judged_is_not_called_well() -> None:
    few = make_morning("comment", "quiet")
    gap = Missing.in_english(NOT_JUDGED, "40 rows; expected at least 300", "look at the dump")
    few = replace(few, findings=replace(few.findings, missing=(*few.findings.missing, gap)))
    for morning, watching in ((without_reference(make_morning("comment", "quiet")), True), (few, False)):
        said = headline(morning)
        assert said.state == "watch"
        assert "not judged" in said.text.en
        assert "未作判断" in said.text.zh
        assert ("1 thing to watch" in said.text.en) == ("1 件事" in said.text.zh) == watching
        assert "nothing to do" not in said.text.en


def test_only_the_last_run_of_a_job_counts() -> None:
    findings = make_morning().findings
    failed, done = make_run("score", state="failed"), make_run("score")
    assert [each.state for each in notices(findings, [done, failed])] == ["alert"]
    assert notices(findings, [failed, done]) == ()


def test_staged_rows_are_told_until_they_are_loaded() -> None:
    findings = make_morning().findings
    staged, load = make_run("score", state="staged"), make_run("load")
    told = notices(findings, [staged])
    assert [each.state for each in told] == ["watch"]
    assert "yeban load comment" in told[0].action.en
    assert notices(findings, [staged, load]) == ()
    earlier = replace(load, started_at=staged.started_at - timedelta(hours=1))
    assert len(notices(findings, [earlier, staged])) == 1
