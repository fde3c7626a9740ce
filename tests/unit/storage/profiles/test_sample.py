"""The rows whose hashes are smallest."""

from __future__ import annotations

import datetime
from random import Random

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import PartCorrupt
from storage.profiles.sample import (
    SAMPLE_CHARACTERS,
    SAMPLE_SCHEMA,
    keys_from_bytes,
    merge_samples,
    sample_from_bytes,
    sample_of,
    sample_to_bytes,
)
from tests.support.predictions import part_table, slot_of, units_of
from tests.support.test_effort import examples

UNIT = units_of(slot_of(), 500, 500)[0]
TABLE = part_table(UNIT)
TEXTS = pl.Series([f"文本{row}" for row in range(500)])
ROWS = np.arange(500)


def sample(rows: np.ndarray, size: int = 40) -> pa.Table:
    return sample_of(TABLE.take(pa.array(rows)), TEXTS, rows, size)


def test_a_row_is_what_it_was() -> None:
    found = sample(ROWS)
    assert found.schema == SAMPLE_SCHEMA
    assert found.num_rows == 40
    keys = found["key"].to_pylist()
    assert keys == sorted(keys)
    for row in found.to_pylist():
        expected = TABLE.slice(row["source_row"], 1).to_pylist()[0]
        assert row["text"] == f"文本{row['source_row']}"
        assert {name: row[name] for name in row if name not in ("key", "text")} == {
            name: expected[name] for name in row if name not in ("key", "text")
        }


def test_fewer_rows_than_asked_for_and_none() -> None:
    assert sample(ROWS[:7]).num_rows == 7
    assert sample(ROWS[:0]).num_rows == 0
    assert sample(ROWS[:0]).schema == SAMPLE_SCHEMA
    assert merge_samples([]).num_rows == 0


def test_long_texts_are_cut_by_characters() -> None:
    found = sample_of(TABLE.slice(0, 2), pl.Series(["长" * 5_000, "短"]), np.array([0, 1]))
    assert sorted(len(text) for text in found["text"].to_pylist()) == [1, SAMPLE_CHARACTERS]


def test_another_date_draws_other_rows() -> None:
    dates = pa.array([datetime.date(2026, 11, 23)] * 500)
    tomorrow = TABLE.set_column(TABLE.schema.get_field_index("logical_date"), "logical_date", dates)
    here, there = (set(sample_of(each, TEXTS, ROWS, 40)["source_row"].to_pylist()) for each in (TABLE, tomorrow))
    assert len(here & there) < 20


def test_is_uniform() -> None:
    """Each of five equal parts of the rows has about its share, over many ids."""
    table = pa.concat_tables(part_table(units_of(slot_of(day=day), 500, 500)[0]) for day in range(1, 21))
    hits = np.zeros(5)
    for day in range(20):
        unit = table.slice(day * 500, 500)
        rows = np.asarray(sample_of(unit, TEXTS, ROWS, 100)["source_row"])
        hits += np.bincount(rows // 100, minlength=5)
    assert np.abs(hits - 400).max() < 5 * np.sqrt(400 * 0.8)


@examples(25, 300)
@given(st.sets(st.integers(1, 499), max_size=8), st.integers(1, 60), st.randoms(use_true_random=False))
def test_however_rows_are_cut_and_merged_the_sample_is_that_of_the_whole(
    cuts: set[int], size: int, random: Random
) -> None:
    order = np.random.default_rng(random.randrange(2**32)).permutation(500)
    pool = [sample(piece, size) for piece in np.split(order, sorted(cuts))]
    while len(pool) > 1:
        random.shuffle(pool)
        taken = random.randint(2, len(pool))
        pool = [merge_samples(pool[:taken], size), *pool[taken:]]
    assert pool[0].equals(sample(ROWS, size))


def test_documents_of_one_id_are_told_apart_by_their_place() -> None:
    same = TABLE.set_column(TABLE.schema.get_field_index("doc_id"), "doc_id", pa.array(["x"] * 500))
    backwards = same.take(pa.array(ROWS[::-1].copy()))
    expected = sample_of(same, TEXTS, ROWS, 10)
    assert len(set(expected["source_row"].to_pylist())) == 10
    assert expected["source_row"].to_pylist() != list(range(10))  # drawn, not the first ones
    assert sample_of(backwards, TEXTS, ROWS[::-1].copy(), 10).equals(expected)


@pytest.mark.parametrize("size", [0, 1, 40])
def test_as_a_file_and_back_to_the_byte(size: int) -> None:
    original = sample(ROWS[:size])
    data = sample_to_bytes(original)
    assert sample_from_bytes(data).equals(original)
    assert sample_to_bytes(sample_from_bytes(data)) == sample_to_bytes(merge_samples([sample_from_bytes(data)])) == data
    assert keys_from_bytes(data).tolist() == original["key"].to_pylist()


@pytest.mark.parametrize("data", [b"", b"PAR1", sample_to_bytes(sample(ROWS))[:-3], sample_to_bytes(TABLE)])
def test_what_is_no_sample_is_explained(data: bytes) -> None:
    for read in (sample_from_bytes, keys_from_bytes):
        with pytest.raises(PartCorrupt, match="a sample can't be read"):
            read(data)
