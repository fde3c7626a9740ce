from __future__ import annotations

from dataclasses import replace

from monitoring.metrics.input import EXAMPLE_CHARACTERS, SampleLimits
from monitoring.metrics.night import Night
from monitoring.metrics.words import _shortened, rising_words, shown_words, word_records
from tests.support.measured_nights import inputs, night, without_sample
from tests.support.synthetic_population import SLANG, Draw

SLANG_NIGHT = Draw(slang=0.05)


def test_the_slang_of_the_night_rises_with_its_rows() -> None:
    measured = night(SLANG_NIGHT)
    (first, *_) = word_records(measured)
    assert SLANG in first.text
    assert (first.kind, first.rows_before) == ("word", 0)
    assert first.examples
    assert all(first.text in each for each in first.examples)
    assert [each.text for each in shown_words(measured)] == [each.text for each in word_records(measured)]


def test_examples_stay_out_where_texts_may_not_be_shown() -> None:
    words = word_records(Night(inputs(SLANG_NIGHT), replace(SampleLimits(), show_texts=False)))
    assert words
    assert all(each.examples == () for each in words)


def test_without_texts_of_the_reference_there_are_none() -> None:
    assert rising_words(without_sample()) is None
    assert word_records(without_sample()) == shown_words(without_sample()) == ()


def test_examples_are_cut_around_the_word() -> None:
    assert _shortened("短", "短") == "短"
    long = "前" * 300 + SLANG + "后" * 300
    cut = _shortened(long, SLANG)
    assert SLANG in cut
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert len(cut) == EXAMPLE_CHARACTERS + 2
    assert not _shortened(SLANG + "后" * 300, SLANG).startswith("…")
