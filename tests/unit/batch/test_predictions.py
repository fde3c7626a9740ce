"""Scores as the table that is staged."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from batch.input.columns import RawRows
from batch.predictions import to_table
from batch.scores import Scores
from storage.prediction_columns import PART_SCHEMA
from storage.records import Unit
from tests.support.dumps import SLOT

LABELS = ("差", "好", "一般")
NAN = np.nan


def raw_rows(count: int) -> RawRows:
    maps = pa.array([[("city", "上海")]] * count, pa.map_(pa.string(), pa.string()))
    return RawRows(
        texts=pl.Series([f"{row}" for row in range(count)], dtype=pl.String),
        which=pl.Series(range(count), dtype=pl.UInt32),
        doc_id=pa.array([f"d{row}" for row in range(count)], pa.string()),
        created_at=pa.array([datetime(2026, 1, 5, tzinfo=UTC)] * count, pa.timestamp("us", tz="UTC")),
        slices=maps,
        invalid_utf8=np.zeros(count, np.bool_),
    )


def scores_of(status: list[int], probs: NDArray[np.float64]) -> Scores:
    count = len(status)
    return Scores(
        status=np.array(status, np.int8),
        probs=probs.astype(np.float32).reshape(count, len(LABELS)),
        text_hash=np.arange(count, dtype=np.uint64) + np.uint64(2**63),
        n_tokens=np.arange(count, dtype=np.int32),
        n_unknown=np.zeros(count, np.int32),
        n_windows=np.ones(count, np.int32),
        truncated=np.zeros(count, bool),
        top=np.zeros(count, np.int32),
        top_offsets=np.arange(count + 1),
    )


def table_of(status: list[int], probs: list[list[float]], first: int = 10) -> pa.Table:
    unit = Unit(SLOT, "d/a.parquet", "f1", first, first + len(status))
    return to_table(unit, raw_rows(len(status)), scores_of(status, np.array(probs)), LABELS)


def test_scored_and_short_rows_have_answers() -> None:
    table = table_of([0, 2], [[0.2, 0.7, 0.1], [0.5, 0.25, 0.25]])
    assert table.schema == PART_SCHEMA
    assert table["status"].to_pylist() == ["scored", "short"]
    assert table["label"].to_pylist() == ["好", "差"]
    np.testing.assert_allclose(table["confidence"].to_numpy(), [0.7, 0.5])
    np.testing.assert_allclose(table["margin"].to_numpy(), [0.5, 0.25], rtol=1e-6)
    np.testing.assert_allclose(table["entropy"].to_numpy(), [0.8018186, 1.0397208], rtol=1e-6)
    np.testing.assert_allclose(table["probs"].to_pylist(), [[0.2, 0.7, 0.1], [0.5, 0.25, 0.25]], rtol=1e-6)


def test_empty_and_failed_rows_have_none() -> None:
    table = table_of([1, 0, 3], [[NAN] * 3, [0, 0, 1], [NAN] * 3])
    assert table["status"].to_pylist() == ["empty", "scored", "failed"]
    assert table["label"].to_pylist() == [None, "一般", None]
    for name in ("confidence", "margin", "entropy"):
        assert table[name].null_count == 2
        assert np.isfinite(table[name].drop_null().to_numpy()).all()
    assert table["probs"].to_pylist() == [None, [0, 0, 1], None]
    assert table["entropy"].to_pylist()[1] == 0
    assert table["margin"].to_pylist()[1] == 1


def test_rows_say_where_they_come_from() -> None:
    table = table_of([0, 0], [[1, 0, 0]] * 2, first=40)
    unit = Unit(SLOT, "d/a.parquet", "f1", 40, 42)
    assert table["source_row"].to_pylist() == [40, 41]
    assert set(table["unit"].to_pylist()) == {unit.unit_id}
    assert set(table["source_path"].to_pylist()) == {"d/a.parquet"}
    assert set(table["logical_date"].to_pylist()) == {SLOT.logical_date}
    assert table["doc_id"].to_pylist() == ["d0", "d1"]
    assert table["slices"].to_pylist() == [[("city", "上海")]] * 2
    assert table["text_hash"].to_pylist() == [2**63, 2**63 + 1]


def test_no_rows() -> None:
    table = table_of([], [])
    assert table.schema == PART_SCHEMA
    assert table.num_rows == 0


def test_a_tie_goes_to_the_first_class() -> None:
    assert table_of([0], [[0.4, 0.4, 0.2]])["label"].to_pylist() == ["差"]


@pytest.mark.parametrize("status", [0, 2])
def test_no_null_where_there_may_be_none(status: int) -> None:
    table = table_of([status], [[0.1, 0.1, 0.8]])
    assert [field.name for field in PART_SCHEMA if table[field.name].null_count] == []
