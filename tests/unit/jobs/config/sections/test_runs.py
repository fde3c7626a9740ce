"""Section [runs]: minutes of the file, seconds of the rules."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobs.config.sections.runs import RunsSection
from monitoring.alerts.run_rules import RunRules


def test_the_defaults_are_those_of_the_rules() -> None:
    assert RunsSection().rules() == RunRules()


def test_minutes_become_seconds() -> None:
    rules = RunsSection(start_within_min=1, retry_within_min=2, finish_within_min=3, slow_margin_min=4).rules()
    assert (rules.start_within_s, rules.retry_within_s, rules.finish_within_s, rules.slow_margin_s) == (
        60,
        120,
        180,
        240,
    )


def test_counts_and_factors_stay_as_they_are() -> None:
    rules = RunsSection(slow_times=2.5, past_runs=9, least_past=4).rules()
    assert (rules.slow_times, rules.past_runs, rules.least_past) == (2.5, 9, 4)


@pytest.mark.parametrize(("key", "value"), [("slow_times", 0.9), ("start_within_min", 0), ("past_runs", 0)])
def test_values_that_would_always_alert(key: str, value: float) -> None:
    with pytest.raises(ValidationError):
        RunsSection.model_validate({key: value})
