"""What ran and how fast."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from models.pages.localized_text import LocalizedText
from monitoring.page.speed import duration, speed_view
from tests.support.sample_measurements import BEIJING
from tests.support.sample_reports import make_morning, make_run


def test_speed_is_that_of_the_newest_run_that_scored() -> None:
    first, second = make_run("score"), make_run("score")
    second = replace(second, metrics={**second.metrics, "docs_per_s": 1234.4})
    view = speed_view(make_morning().findings, [first, second, make_run("load")], BEIJING)
    assert view.speed == "1,234"
    assert view.took == LocalizedText("42 分 26 秒", "42 min 26 s")
    assert view.cache == "31.3%"
    assert view.detail.zh == "2,035 词元/秒 · cpu · bf16"
    assert [run.speed for run in view.runs] == ["95", "1,234", "–"]


def test_times_are_those_of_the_zone_and_failures_stay() -> None:
    run = replace(make_run("score", state="failed"), failures=["disk is full"])
    shown = speed_view(make_morning().findings, [run], BEIJING).runs[0]
    assert (shown.day, shown.when) == ("03-03", "02:30 – 02:51")
    assert not shown.good
    assert shown.failures == ("disk is full",)


def test_a_run_without_an_end_or_figures_has_dashes() -> None:
    run = replace(make_run("score", state="running"), finished_at=None, metrics={"docs_per_s": None})
    view = speed_view(make_morning().findings, [run], BEIJING)
    assert (view.speed, view.took.en, view.cache, view.detail.en) == ("–", "–", "–", "")
    assert view.runs[0].when == "02:30"


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(seconds=4.25), "4.2 s"),
        (timedelta(seconds=60), "1 min 00 s"),
        (timedelta(minutes=59, seconds=59.6), "1 h 00 min"),
        (timedelta(hours=3, minutes=7), "3 h 07 min"),
    ],
)
def test_durations_are_said_as_people_do(time: timedelta, said: str) -> None:
    assert duration(time.total_seconds()).en == said
