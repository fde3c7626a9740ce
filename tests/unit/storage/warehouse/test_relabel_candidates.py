"""Candidates for labelling, on a real warehouse."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from storage.relabel.arms import SUSPECTED_ARM
from storage.warehouse.relabel_candidates import CANDIDATES_SCHEMA, candidates, doubtable_labels, golden_labels
from storage.warehouse.relabel_texts import QUEUED_SCHEMA, gather_texts
from tests.support.labelling import BASE, NONE_QUEUED, ROWS, SCOPE, everything, lake_to_label, scored
from tests.support.lake import Lake
from tests.support.predictions import LABELS, plan_of, slot_of, stage, units_of
from tests.support.stored_labels import add_labels


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_to_label(tmp_path)


def test_equal_texts_are_one_candidate_and_know_how_many_they_are(lake: Lake) -> None:
    slot = slot_of(day=21)
    units = units_of(slot, ROWS, 100)  # the same texts a day before, some by other rows of another file
    stage(lake.store, *units)
    lake.load(plan_of(slot, units))
    with lake.warehouse.reading() as con:
        assert gather_texts(con, SCOPE, NONE_QUEUED) == len(scored())
        found = candidates(con, SCOPE, np.array([BASE + scored()[0]], np.uint64)).to_pylist()
    assert [(row["text_rows"], row["logical_date"]) for row in found] == [(2, date(2026, 11, 21))]


def test_a_candidate_is_the_prediction_it_was(lake: Lake) -> None:
    row = scored()[5]
    with lake.warehouse.reading() as con:
        gather_texts(con, SCOPE, NONE_QUEUED)
        found = candidates(con, SCOPE, np.array([BASE + row], np.uint64))
    assert found.schema.equals(CANDIDATES_SCHEMA)
    (found_row,) = found.drop_columns(["text_rows", "stratum"]).to_pylist()
    assert found_row == everything()[row]


def test_doubtable_labels_are_the_newest_and_never_asked_twice(lake: Lake) -> None:
    changed, golden, asked, plain = (f"a.parquet:{row}" for row in scored()[:4])
    add_labels(lake.warehouse, dict.fromkeys((changed, asked, plain), LABELS[0]))
    add_labels(lake.warehouse, {changed: LABELS[1]}, minutes=5)
    add_labels(lake.warehouse, {golden: LABELS[2]}, source="golden")
    queued = pa.table({"doc_id": [asked], "text_hash": [1], "arm": [SUSPECTED_ARM]}).cast(QUEUED_SCHEMA)
    with lake.warehouse.reading() as con:
        gather_texts(con, SCOPE, queued)
        doubtable = doubtable_labels(con, SCOPE, date(2026, 11, 1)).to_pylist()
        too_late = doubtable_labels(con, SCOPE, date(2026, 11, 23))
        known = golden_labels(con, SCOPE).to_pylist()
    assert {row["doc_id"]: row["given_label"] for row in doubtable} == {changed: LABELS[1], plain: LABELS[0]}
    assert too_late.num_rows == 0
    assert {row["doc_id"]: row["given_label"] for row in known} == {golden: LABELS[2]}
