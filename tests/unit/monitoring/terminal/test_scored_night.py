from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from monitoring.terminal.scored_night import render_night
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


def test_first_line_has_what_is_not_of_a_class(profile: Profile) -> None:
    first = render_night(profile).splitlines()[0]
    assert first == "7 scored, 2 empty, 1 short; 3 duplicates, 0 truncated, 10.0 tokens a row, 5.0% unknown"


def test_shares_are_of_the_labelled_rows(profile: Profile) -> None:
    lines = [line.split() for line in render_night(profile).splitlines()[1:]]
    assert lines[0][:4] == ["差评", "7", "87.5%", "80.0%"]
    assert lines[1][:4] == ["good", "1", "12.5%", "20.0%"]


def test_histogram_shows_only_confidences_that_a_winner_can_have(profile: Profile) -> None:
    first = render_night(profile).splitlines()[1]
    assert first.endswith("0.50 ▂        █ 1.00")


def test_labels_of_full_width_stay_aligned(profile: Profile) -> None:
    lines = render_night(profile).splitlines()[1:]
    assert [cell_len(line) for line in lines] == [cell_len(lines[0])] * 2


def test_no_rows_is_no_division_by_zero() -> None:
    text = render_night(empty(["a", "b"]))
    assert text.startswith("no rows; 0 duplicates")
    assert "nan" not in text
