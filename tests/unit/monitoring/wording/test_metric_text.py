"""Figures and verdicts in words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from monitoring.findings.record import Metric
from monitoring.statistics.estimate import Estimate
from monitoring.wording.metric_text import size_of_change, span, usual_range


def test_ranges_of_differences_have_signs_and_points() -> None:
    metric = Metric("url_share", "", "", Estimate(0.02, 0.011, 0.029, null_low=-0.004, null_high=0.004), 0.1, 0.08)
    assert span(0.011, 0.029, metric, "share") == "+1.1 ~ +2.9"
    assert usual_range(metric, "share") == "±0.40"
    assert span(-0.00001, 0.014, metric, "share") == "0 ~ +1.4"
    nowhere = replace(metric, estimate=Estimate(0.0, null_low=0.0, null_high=0.0))
    assert usual_range(nowhere, "share") == "0"


def test_ranges_of_levels_and_distances_have_none() -> None:
    estimated = Metric("class_share_em", "", "a", Estimate(0.4, 0.38, 0.42), 0.4, 0.3)
    assert span(0.38, 0.42, estimated, "share") == "38.0% ~ 42.0%"
    distance = Metric("token_js", "", "", Estimate(0.01, 0.004, 0.01, null_low=0.0, null_high=0.004))
    assert span(0.004, 0.01, distance, "bits") == "0.0040 ~ 0.010"
    assert usual_range(distance, "bits") == "≤ 0.0040"
    rows = Metric("rows", "", "", Estimate(0.5, null_low=0.8, null_high=1.3), 50, 100)
    assert usual_range(rows, "rows") == "0.80 ~ 1.30"
    assert span(math.nan, 1.0, distance, "bits") == "–"


def test_the_threshold_of_the_verdict_counts_before_that_of_the_catalogue() -> None:
    metric = Metric("token_js", "", "", Estimate(0.03, effect=0.03))
    assert size_of_change(metric, None) == pytest.approx(3.0)
    assert size_of_change(metric, 0.06) == pytest.approx(0.5)
    assert math.isnan(size_of_change(replace(metric, name="token_psi"), None))
