"""Profiles: to JSON and back, and added up."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from storage.errors import BundleContradiction, PartCorrupt
from storage.profiles.profile import MAX_SLICE_VALUES, Profile, empty, merge
from storage.profiles.tokens import no_tokens
from tests.support.predictions import LABELS, part_profile, part_table, slot_of, units_of

TABLE = part_table(units_of(slot_of(), 300, 300)[0])


def test_survives_json_to_the_byte() -> None:
    original = part_profile(TABLE)
    data = original.to_json_bytes()
    assert Profile.from_json_bytes(data) == original
    assert Profile.from_json_bytes(data).to_json_bytes() == data
    assert json.loads(data)["labels"] == list(LABELS)


def test_without_tokens() -> None:
    original = part_profile(TABLE)
    short = Profile.from_json_bytes(original.to_json_bytes(with_tokens=False))
    assert (short.total, short.slices) == (original.total, original.slices)
    assert short.tokens == no_tokens()


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"version": 1}', b'{"version": 99}', b"\xff"])
def test_what_is_no_profile_is_refused(data: bytes) -> None:
    with pytest.raises(PartCorrupt, match="profile"):
        Profile.from_json_bytes(data)


def test_a_profile_with_another_count_is_refused() -> None:
    flat = json.loads(empty(LABELS).to_json_bytes())
    flat["total"]["laughter"] = 1
    with pytest.raises(PartCorrupt, match="laughter"):
        Profile.from_json_bytes(json.dumps(flat).encode())


def test_merging_units_gives_the_profile_of_their_rows() -> None:
    pieces = [part_profile(TABLE.slice(start, 70)) for start in range(0, 300, 70)]
    whole = part_profile(TABLE)
    assert merge(pieces) == whole
    assert merge(pieces).to_json_bytes() == whole.to_json_bytes()
    assert merge([empty(LABELS), whole]) == whole


def test_a_column_that_was_no_slice_somewhere_is_none_in_the_sum() -> None:
    field = TABLE.schema.field("slices")
    maps = pa.array([[("city", f"c{row}")] for row in range(300)], field.type)
    crowded = part_profile(TABLE.set_column(TABLE.schema.get_field_index("slices"), field, maps))
    for order in ([crowded, part_profile(TABLE)], [part_profile(TABLE), crowded]):
        assert merge(order).slices["city"] is None
        assert merge(order).slices["channel"] is not None


def test_a_column_of_too_many_values_in_a_sum_is_no_slice_in_any_grouping() -> None:
    field = TABLE.schema.field("slices")
    maps = pa.array([[("city", f"c{row}")] for row in range(300)], field.type)
    table = TABLE.set_column(TABLE.schema.get_field_index("slices"), field, maps)
    one, two, three = (part_profile(table.slice(start, 100)) for start in (0, 100, 200))
    assert len(merge([one, two]).slices["city"] or ()) == MAX_SLICE_VALUES == 200
    assert merge([one, two, three]) == merge([merge([three, one]), two]) == part_profile(table)
    assert part_profile(table).slices["city"] is None


def test_merging_needs_the_same_labels_and_at_least_one_profile() -> None:
    with pytest.raises(BundleContradiction, match="正面"):
        merge([empty(LABELS), empty(LABELS[::-1])])
    with pytest.raises(ValueError, match="no profile"):
        merge([])
