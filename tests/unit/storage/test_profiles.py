import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest

from storage.errors import BundleContradiction, PartCorrupt
from storage.profiles import (
    CONFIDENCE_BINS,
    LENGTH_EDGES,
    PROBABILITY_UNIT,
    Profile,
    empty,
    merge,
    profile_of,
)
from tests.support.predictions import LABELS, part_table, slot_of, units_of

UNIT = units_of(slot_of(), 300, 300)[0]


def profile(table: pa.Table, labels: tuple[str, ...] = LABELS) -> Profile:
    return profile_of(table, labels, duplicates=3, invalid_utf8=2, unk_tokens=1)


def with_column(table: pa.Table, name: str, values: list[object]) -> pa.Table:
    index = table.schema.get_field_index(name)
    field = table.schema.field(name)
    return table.set_column(index, field, pa.array(values, field.type))


def test_counts_are_those_of_a_plain_count_over_the_rows() -> None:
    table = part_table(UNIT)
    rows = table.to_pylist()
    labelled = [row for row in rows if row["label"] is not None]
    found = profile(table)
    assert found.rows == 300
    assert found.status_count("scored") == len(labelled) == 300 - found.status_count("empty")
    assert found.status_count("failed") == 0
    assert (found.duplicates, found.invalid_utf8, found.unk_tokens) == (3, 2, 1)
    assert found.truncated == sum(row["truncated"] for row in rows)
    assert found.n_tokens == sum(row["n_tokens"] for row in rows)
    assert found.n_windows == 300
    assert found.class_counts == tuple(sum(row["label"] == name for row in rows) for name in LABELS)
    for place, name in enumerate(LABELS):
        of_class = [row["confidence"] for row in labelled if row["label"] == name]
        expected, _ = np.histogram(of_class, bins=CONFIDENCE_BINS, range=(0, 1))
        assert found.confidences[place] == tuple(expected)
        total = sum(row["probs"][place] for row in labelled)
        assert found.probability_sums[place] * PROBABILITY_UNIT == pytest.approx(total, abs=1e-6)


def test_lengths_fall_into_powers_of_two() -> None:
    unit = units_of(slot_of(), 9, 9)[0]
    table = with_column(part_table(unit), "n_tokens", [0, 1, 2, 3, 4, 7, 8, 65_535, 10_000_000])
    counts = dict(zip(LENGTH_EDGES, profile(table).lengths, strict=True))
    expected = {0: 1, 1: 1, 2: 2, 4: 2, 8: 1, 32_768: 1, 65_536: 1}
    assert {edge: count for edge, count in counts.items() if count} == expected


def test_confidence_bins_hold_their_lower_edge_and_the_last_one_also_1() -> None:
    unit = units_of(slot_of(), 4, 4)[0]
    table = with_column(part_table(unit), "confidence", [0.0, 0.5, 0.96, 1.0])
    histogram = np.sum(profile(with_column(table, "label", [LABELS[0]] * 4)).confidences, axis=0)
    assert {place: count for place, count in enumerate(histogram) if count} == {0: 1, 10: 1, 19: 2}


def test_a_unit_without_labels_and_one_without_rows() -> None:
    assert profile(part_table(UNIT).slice(6, 1)).class_counts == (0, 0, 0)
    assert profile_of(part_table(UNIT).slice(0, 0), LABELS, duplicates=0, invalid_utf8=0, unk_tokens=0) == empty(LABELS)


def test_chunks_don_t_matter() -> None:
    table = part_table(UNIT)
    assert profile(pa.concat_tables([table.slice(0, 100), table.slice(100)])) == profile(table)


def test_survives_json_to_the_byte() -> None:
    original = profile(part_table(UNIT))
    data = original.to_json_bytes()
    assert Profile.from_json_bytes(data) == original
    assert Profile.from_json_bytes(data).to_json_bytes() == data
    assert json.loads(data)["labels"] == list(LABELS)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"version": 1}', b'{"version": 99}', b"\xff"])
def test_what_is_no_profile_is_refused(data: bytes) -> None:
    with pytest.raises(PartCorrupt, match="profile"):
        Profile.from_json_bytes(data)


def test_a_profile_with_another_field_is_refused() -> None:
    flat = json.loads(empty(LABELS).to_json_bytes())
    with pytest.raises(PartCorrupt, match="other fields"):
        Profile.from_json_bytes(json.dumps({**flat, "emoji": 1}).encode())


def test_merging_units_gives_the_profile_of_their_rows() -> None:
    table = part_table(UNIT)
    pieces = [profile(table.slice(start, 70)) for start in range(0, 300, 70)]
    whole = profile(table)
    scaled = dataclasses.replace(whole, duplicates=15, invalid_utf8=10, unk_tokens=5)
    assert merge(pieces) == scaled
    assert merge([empty(LABELS), whole]) == whole


def test_merging_needs_the_same_labels_and_at_least_one_profile() -> None:
    with pytest.raises(BundleContradiction, match="正面"):
        merge([empty(LABELS), empty(LABELS[::-1])])
    with pytest.raises(ValueError, match="no profile"):
        merge([])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("label", "没有"),
        ("status", "odd"),
        ("confidence", None),
        ("confidence", 1.5),
        ("confidence", float("nan")),
        ("probs", None),
        ("probs", [0.5, 0.5]),
        ("probs", [0.5, 0.5, float("nan")]),
        ("probs", [0.5, None, 0.5]),
    ],
)
def test_rows_that_contradict_themselves_are_refused(column: str, value: object) -> None:
    table = part_table(UNIT)
    values = table[column].to_pylist()
    values[0] = value
    with pytest.raises(PartCorrupt):
        profile(with_column(table, column, values))
