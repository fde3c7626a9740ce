from __future__ import annotations

from dataclasses import replace
from datetime import date

from monitoring.alerts.notice import read_notice
from monitoring.alerts.skipping import SkippedRuns, judge_skipped
from monitoring.findings.json_form import to_json

SPAN = SkippedRuns("nightly", "comment", date(2026, 1, 5), (date(2026, 1, 5), date(2026, 1, 6)), 7)


def test_a_span_in_words() -> None:
    (found,) = judge_skipped([SPAN])
    assert (found.trouble, found.severity, found.logical_date) == ("skipped", "critical", SPAN.first)
    assert found.message.zh == (
        "nightly 已放弃：2026-01-05 至 2026-01-06（2 晚）不会再补跑，其后已超过 7 晚（catch_up_nights）；"
        "请运行 yeban backfill comment --from 2026-01-05 --to 2026-01-06"
    )
    (one,) = judge_skipped([replace(SPAN, logical_dates=SPAN.logical_dates[:1])])
    assert "2026-01-05 (1 night)" in one.message.en
    assert one.message.en.endswith("run yeban nightly comment --date 2026-01-05")


def test_the_id_is_that_of_its_beginning() -> None:
    grown = replace(SPAN, logical_dates=(*SPAN.logical_dates, date(2026, 1, 7)))
    shrunk = replace(SPAN, logical_dates=SPAN.logical_dates[1:])
    others = (replace(SPAN, first=date(2026, 1, 4)), replace(SPAN, task="weibo"), replace(SPAN, job="score"))
    ids = [each.id for each in judge_skipped([SPAN, grown, shrunk, *others])]
    assert len(set(ids[:3])) == 1
    assert len(set(ids)) == 4


def test_it_survives_its_file() -> None:
    (found,) = judge_skipped([SPAN])
    assert read_notice(to_json(found)) == found
