from __future__ import annotations

import json
from dataclasses import replace

import pytest

from storage.profiles.counts import CONFIDENCE_BINS, add_counts, counts_from_json, no_counts
from tests.support.predictions import part_profile, part_table, slot_of, units_of

A, B = (part_profile(part_table(unit)).total for unit in units_of(slot_of(), 80, 50))


def test_counts_of_no_rows_change_nothing() -> None:
    none = no_counts(3)
    assert add_counts([none, A]) == add_counts([A, none]) == A
    assert (none.rows, none.labelled) == (0, 0)
    assert [len(row) for row in none.confidences] == [CONFIDENCE_BINS] * 3


def test_every_number_adds_up() -> None:
    both = add_counts([A, B])
    whole = part_profile(part_table(units_of(slot_of(), 80, 80)[0])).total
    assert (both.rows, both.statuses) == (80, whole.statuses)
    assert both.class_counts == tuple(a + b for a, b in zip(A.class_counts, B.class_counts, strict=True))
    assert both.confidences[1][7] == A.confidences[1][7] + B.confidences[1][7]
    assert both.labelled == A.labelled + B.labelled == sum(both.class_counts)


def test_json_gives_the_same_counts_and_refuses_others() -> None:
    flat = json.loads(json.dumps(A.as_dict()))
    assert counts_from_json(flat) == A
    with pytest.raises(TypeError):
        counts_from_json({**flat, "new": 1})
    with pytest.raises(TypeError):
        counts_from_json({name: value for name, value in flat.items() if name != "rows"})


def test_counts_of_other_classes_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="zip"):
        add_counts([A, replace(A, class_counts=(1, 2))])
