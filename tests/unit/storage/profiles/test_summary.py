from __future__ import annotations

import pytest

from storage.errors import BundleContradiction
from storage.profiles.sample import SAMPLE_ROWS
from storage.profiles.summary import Summary, merge_summaries
from tests.support.predictions import part_profile, part_sample, part_table, slot_of, units_of

TABLES = [part_table(unit) for unit in units_of(slot_of(), 2_400, 800)]
SUMMARIES = [Summary(part_profile(table), part_sample(table)) for table in TABLES]


def test_order_and_grouping_do_not_matter() -> None:
    a, b, c = SUMMARIES
    whole = merge_summaries(SUMMARIES)
    assert merge_summaries([c, a, b]) == whole
    assert merge_summaries([merge_summaries([a, b]), c]) == whole
    assert whole.profile.total.rows == 2_400
    assert whole.sample.num_rows == min(SAMPLE_ROWS, 2_400)


def test_labels_must_be_the_same_and_known() -> None:
    table = part_table(units_of(slot_of(), 10, 10)[0], ("x", "y"))
    other = Summary(part_profile(table, ("x", "y")), part_sample(table))
    with pytest.raises(BundleContradiction):
        merge_summaries([SUMMARIES[0], other])
    with pytest.raises(ValueError, match="no profile"):
        merge_summaries([])
