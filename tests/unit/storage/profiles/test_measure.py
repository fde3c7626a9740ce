"""From predictions to counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from storage.errors import PartCorrupt
from storage.profiles.counts import CONFIDENCE_BINS, LENGTH_EDGES, MARKS, UNIT, Counts
from storage.profiles.profile import MAX_SLICE_VALUES, Profile, empty
from storage.records import STATUSES
from tests.support.predictions import LABELS, part_profile, part_table, slot_of, units_of

UNIT_OF_ROWS = units_of(slot_of(), 300, 300)[0]


def with_column(table: pa.Table, name: str, values: list[object]) -> pa.Table:
    index = table.schema.get_field_index(name)
    field = table.schema.field(name)
    return table.set_column(index, field, pa.array(values, field.type))


def agrees(found: Counts, rows: list[dict[str, object]]) -> None:
    """Compare with a plain count over the rows."""
    labelled = [row for row in rows if row["label"] is not None]
    numbers = [row["source_row"] for row in rows]
    assert found.rows == len(rows)
    assert found.labelled == len(labelled)
    assert dict(zip(STATUSES, found.statuses, strict=True)) == {
        name: sum(row["status"] == name for row in rows) for name in STATUSES
    }
    assert found.duplicates == sum(number % 11 == 0 for number in numbers)
    assert found.invalid_utf8 == sum(number % 50 == 0 for number in numbers)
    assert found.unk_tokens == sum(number % 3 for number in numbers)
    assert found.marks == tuple(sum(number % (place + 2) == 0 for number in numbers) for place in range(len(MARKS)))
    assert found.truncated == sum(row["truncated"] for row in rows)
    assert found.n_tokens == sum(row["n_tokens"] for row in rows)
    assert found.n_tokens_squared == sum(row["n_tokens"] ** 2 for row in rows)
    assert found.n_windows == len(rows)
    assert found.class_counts == tuple(sum(row["label"] == name for row in rows) for name in LABELS)
    for place, name in enumerate(LABELS):
        of_class = [row["confidence"] for row in labelled if row["label"] == name]
        expected, _ = np.histogram(of_class, bins=CONFIDENCE_BINS, range=(0, 1))
        assert found.confidences[place] == tuple(expected)
        total = sum(row["probs"][place] for row in labelled)
        assert found.probability_sums[place] * UNIT == pytest.approx(total, abs=1e-6)
    for name in ("confidence", "entropy"):
        values = [row[name] for row in labelled]
        assert getattr(found, name) * UNIT == pytest.approx(sum(values), abs=1e-6)
        squares = sum(value**2 for value in values)
        assert getattr(found, f"{name}_squared") * UNIT == pytest.approx(squares, abs=1e-6)


def test_total_and_slices_are_those_of_a_plain_count_over_the_rows() -> None:
    table = part_table(UNIT_OF_ROWS)
    rows = table.to_pylist()
    found = part_profile(table)
    agrees(found.total, rows)
    assert {column: set(values or ()) for column, values in found.slices.items()} == {
        "channel": {"网页"},
        "city": {"上海", "北京"},  # rows without a value are in none
    }
    for column, values in found.slices.items():
        assert values is not None
        for value, counts in values.items():
            agrees(counts, [row for row in rows if dict(row["slices"])[column] == value])


def test_a_column_of_too_many_values_is_no_slice() -> None:
    table = part_table(UNIT_OF_ROWS)
    maps = [[("user", f"u{row}"), ("city", "上海")] for row in range(300)]
    assert MAX_SLICE_VALUES < 300
    found = part_profile(with_column(table, "slices", maps))
    assert found.slices["user"] is None
    assert found.slices["city"] is not None


def test_no_slices() -> None:
    table = with_column(part_table(UNIT_OF_ROWS), "slices", [[]] * 300)
    assert part_profile(table).slices == {}
    assert part_profile(table.slice(5, 20)).slices == {}


def test_lengths_fall_into_powers_of_two() -> None:
    unit = units_of(slot_of(), 9, 9)[0]
    table = with_column(part_table(unit), "n_tokens", [0, 1, 2, 3, 4, 7, 8, 65_535, 10_000_000])
    counts = dict(zip(LENGTH_EDGES, part_profile(table).total.lengths, strict=True))
    expected = {0: 1, 1: 1, 2: 2, 4: 2, 8: 1, 32_768: 1, 65_536: 1}
    assert {edge: count for edge, count in counts.items() if count} == expected


def test_endless_texts_do_not_overflow() -> None:
    table = with_column(part_table(UNIT_OF_ROWS), "n_tokens", [100_000_000] * 300)
    assert part_profile(table).total.n_tokens_squared == 300 * 10**16


def test_confidence_bins_hold_their_lower_edge_and_the_last_one_also_1() -> None:
    unit = units_of(slot_of(), 4, 4)[0]
    table = with_column(part_table(unit), "confidence", [0.0, 0.5, 0.96, 1.0])
    histogram = np.sum(part_profile(with_column(table, "label", [LABELS[0]] * 4)).total.confidences, axis=0)
    assert {place: count for place, count in enumerate(histogram) if count} == {0: 1, 10: 1, 19: 2}


def test_a_unit_without_labels_and_one_without_rows() -> None:
    assert part_profile(part_table(UNIT_OF_ROWS).slice(6, 1)).total.class_counts == (0, 0, 0)
    assert part_profile(part_table(UNIT_OF_ROWS).slice(0, 0)) == empty(LABELS)


def test_chunks_don_t_matter() -> None:
    table = part_table(UNIT_OF_ROWS)
    profile: Profile = part_profile(pa.concat_tables([table.slice(0, 100), table.slice(100)]))
    assert profile == part_profile(table)


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
    table = part_table(UNIT_OF_ROWS)
    values = table[column].to_pylist()
    values[0] = value
    with pytest.raises(PartCorrupt):
        part_profile(with_column(table, column, values))
