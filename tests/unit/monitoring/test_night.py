from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring.night import render_night, summarise
from storage.profiles.counts import CONFIDENCE_BINS, UNIT, no_counts
from storage.profiles.profile import Profile, empty


@pytest.fixture
def profile() -> Profile:
    bins = [0] * CONFIDENCE_BINS
    bins[-1], bins[10] = 6, 1
    none = (0,) * CONFIDENCE_BINS
    counts = replace(
        no_counts(2),
        rows=10,
        statuses=(7, 2, 1, 0),
        duplicates=3,
        n_tokens=100,
        unk_tokens=5,
        class_counts=(7, 1),
        confidences=(tuple(bins), none),
        probability_sums=(round(6.4 / UNIT), round(1.6 / UNIT)),
    )
    return replace(empty(["差评", "good"]), total=counts)


def test_shares_are_of_the_labelled_rows(profile: Profile) -> None:
    night = summarise(profile)
    assert [each.share for each in night.classes] == [7 / 8, 1 / 8]
    assert [round(each.expected, 6) for each in night.classes] == [0.8, 0.2]
    assert night.statuses == {"scored": 7, "empty": 2, "short": 1, "failed": 0}
    assert night.unknown_share == 0.05


def test_histogram_shows_only_confidences_that_a_winner_can_have(profile: Profile) -> None:
    first = render_night(summarise(profile)).splitlines()[1]
    assert first.endswith("confidence 0.5 ▂        █ 1.0")


def test_labels_of_full_width_stay_aligned(profile: Profile) -> None:
    lines = render_night(summarise(profile)).splitlines()
    assert lines[1].startswith("差评          7") or lines[1].startswith("差评          ")
    assert lines[2].index("1") - lines[1].index("7") == 2


def test_no_rows_is_no_division_by_zero() -> None:
    text = render_night(summarise(empty(["a", "b"])))
    assert text.startswith("no rows; 0 duplicates")
