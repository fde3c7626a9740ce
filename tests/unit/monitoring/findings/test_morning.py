from __future__ import annotations

from datetime import UTC

from monitoring.findings.judgement import Judgement
from monitoring.findings.morning import Morning
from tests.support.sample_reports import make_morning


def test_a_night_alone_has_nothing_around_it() -> None:
    alone = Morning(make_morning().findings, Judgement())
    assert (alone.runs, dict(alone.trends), alone.links, alone.waiting, alone.zone) == ((), {}, (), (), UTC)


def test_trends_are_found_by_the_key_of_a_metric_and_end_tonight() -> None:
    morning = make_morning()
    for metric in morning.findings.metrics:
        points = morning.trends.get(metric.key, ())
        assert bool(points) == metric.estimate.known
        assert not points or points[-1].logical_date == morning.findings.logical_date
