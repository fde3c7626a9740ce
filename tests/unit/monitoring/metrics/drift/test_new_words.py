from __future__ import annotations

import pytest

from monitoring.metrics.drift.new_words import new_words
from storage.profiles.sample import SAMPLE_SCHEMA
from tests.support.measured_nights import night, only, without_sample
from tests.support.synthetic_population import Draw


def test_the_level_is_the_share_of_the_word_that_rises_most() -> None:
    measured = only(new_words(night(Draw(slang=0.05))))
    assert measured.level == pytest.approx(0.05, abs=0.02)
    assert measured.level_before == 0.0
    assert measured.estimate.value == measured.estimate.effect == measured.level
    assert measured.estimate.low < measured.level < measured.estimate.high
    assert measured.estimate.p_value < 0.01


def test_a_usual_night_has_none_and_its_bound_is_known() -> None:
    estimate = only(new_words(night())).estimate
    assert (estimate.value, estimate.effect, estimate.p_value) == (0.0, 0.0, 1.0)
    assert 0 < estimate.high < 0.01


def test_what_is_missing_is_the_reason() -> None:
    assert only(new_words(without_sample())).estimate.reason == "the reference has no sample of texts"
    empty = night(sample=SAMPLE_SCHEMA.empty_table())
    assert only(new_words(empty)).estimate.reason == "no rows on the current side"
