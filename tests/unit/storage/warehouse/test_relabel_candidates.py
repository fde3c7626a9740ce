"""Candidates for labelling, on a real warehouse."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from storage.warehouse.relabel_candidates import (
    CANDIDATES_SCHEMA,
    QUEUED_SCHEMA,
    SUSPECTED_ARM,
    Scope,
    candidates,
    doubtable_labels,
    draw_texts,
    gather_texts,
    golden_labels,
    last_loaded_date,
    most_doubtful,
    stratum_sizes,
)
from tests.support.lake import Lake
from tests.support.predictions import LABELS, part_table, plan_of, slot_of, stage, units_of
from tests.support.stored_labels import add_labels

ROWS = 210
BASE = 2**63
"""`text_hash` of row 0 in the files of tests.support.predictions."""
SCOPE = Scope("comment", "b1", date(2026, 11, 20), date(2026, 11, 22))
NONE_QUEUED = QUEUED_SCHEMA.empty_table()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    units = units_of(slot_of(), ROWS, 100)
    stage(lake.store, *units)
    lake.load(plan_of(slot_of(), units))
    return lake


@cache
def everything() -> dict[int, dict[str, object]]:
    """All predictions by row."""
    tables = pa.concat_tables([part_table(unit) for unit in units_of(slot_of(), ROWS, 100)])
    return {row["source_row"]: row for row in tables.to_pylist()}


@cache
def scored() -> list[int]:
    return [row for row in range(ROWS) if everything()[row]["status"] == "scored"]


def rows_of(hashes: np.ndarray) -> list[int]:
    return [int(each) - BASE for each in hashes]


def test_empty_rows_are_no_candidates(lake: Lake) -> None:
    with lake.warehouse.reading() as con:
        assert gather_texts(con, SCOPE, NONE_QUEUED) == len(scored())
        assert sorted(rows_of(draw_texts(con, 1000, "1"))) == scored()


def test_the_most_doubtful_are_those_of_a_plain_sort(lake: Lake) -> None:
    known = everything()
    with lake.warehouse.reading() as con:
        gather_texts(con, SCOPE, NONE_QUEUED)
        found = most_doubtful(con, "margin", dict.fromkeys(LABELS, 5))
        by_entropy = most_doubtful(con, "entropy", {LABELS[0]: 7})
    for label in LABELS:
        of_label = sorted((row for row in scored() if known[row]["label"] == label), key=lambda r: known[r]["margin"])
        assert [row for row in rows_of(found) if known[row]["label"] == label] == of_label[:5]
    margins = [known[row]["margin"] for row in rows_of(found)]
    assert margins == sorted(margins)
    of_first = [row for row in scored() if known[row]["label"] == LABELS[0]]
    assert rows_of(by_entropy) == sorted(of_first, key=lambda row: -known[row]["entropy"])[:7]


def test_strata_are_class_and_slice(lake: Lake) -> None:
    known = everything()
    with lake.warehouse.reading() as con:
        gather_texts(con, Scope("comment", "b1", SCOPE.first, SCOPE.last, ("city",)), NONE_QUEUED)
        sizes = stratum_sizes(con)
    assert sum(sizes.values()) == len(scored())
    word = f"{LABELS[1]}\x1f上海"
    expected = [r for r in scored() if known[r]["label"] == LABELS[1] and ("city", "上海") in known[r]["slices"]]
    assert sizes[word] == len(expected) > 0


def test_a_slice_with_a_quote_in_its_name_is_a_name(lake: Lake) -> None:
    with lake.warehouse.reading() as con:
        gather_texts(con, Scope("comment", "b1", SCOPE.first, SCOPE.last, ("it's", "city")), NONE_QUEUED)
        assert f"{LABELS[0]}\x1f\x1f上海" in stratum_sizes(con)


def test_what_was_labelled_or_queued_is_no_candidate(lake: Lake) -> None:
    first, second, third, fourth = scored()[:4]
    add_labels(lake.warehouse, {f"a.parquet:{first}": LABELS[0]})
    add_labels(lake.warehouse, {f"a.parquet:{second}": LABELS[0]}, task="weibo")  # another task's
    columns = {"doc_id": [f"a.parquet:{third}", "?"], "text_hash": [1, BASE + fourth], "arm": ["margin"] * 2}
    queued = pa.table(columns, schema=QUEUED_SCHEMA)
    with lake.warehouse.reading() as con:
        left = gather_texts(con, SCOPE, queued)
        drawn = set(rows_of(draw_texts(con, 1000, "1")))
    assert left == len(scored()) - 3
    assert drawn == set(scored()) - {first, third, fourth}


def test_equal_texts_are_one_candidate_and_know_how_many_they_are(lake: Lake) -> None:
    slot = slot_of(day=21)
    units = units_of(slot, ROWS, 100)  # the same texts a day before, some by other rows of another file
    stage(lake.store, *units)
    lake.load(plan_of(slot, units))
    with lake.warehouse.reading() as con:
        assert gather_texts(con, SCOPE, NONE_QUEUED) == len(scored())
        found = candidates(con, SCOPE, np.array([BASE + scored()[0]], np.uint64)).to_pylist()
    assert [(row["text_rows"], row["logical_date"]) for row in found] == [(2, date(2026, 11, 21))]


def test_a_text_that_was_labelled_elsewhere_is_no_candidate_anywhere(lake: Lake) -> None:
    slot = slot_of(day=21)
    units = units_of(slot, ROWS, 100, source_path="b.parquet")
    stage(lake.store, *units)
    lake.load(plan_of(slot, units))
    row = scored()[3]
    add_labels(lake.warehouse, {f"b.parquet:{row}": LABELS[0]})
    with lake.warehouse.reading() as con:
        gather_texts(con, SCOPE, NONE_QUEUED)
        assert row not in rows_of(draw_texts(con, 1000, "1"))


def test_a_candidate_is_the_prediction_it_was(lake: Lake) -> None:
    row = scored()[5]
    with lake.warehouse.reading() as con:
        gather_texts(con, SCOPE, NONE_QUEUED)
        found = candidates(con, SCOPE, np.array([BASE + row], np.uint64))
    assert found.schema.equals(CANDIDATES_SCHEMA)
    (found_row,) = found.drop_columns(["text_rows", "stratum"]).to_pylist()
    assert found_row == everything()[row]


def test_other_bundles_and_dates_are_left_out(lake: Lake) -> None:
    with lake.warehouse.reading() as con:
        assert gather_texts(con, Scope("comment", "b2", SCOPE.first, SCOPE.last), NONE_QUEUED) == 0
        assert gather_texts(con, Scope("comment", "b1", date(2026, 11, 1), date(2026, 11, 21)), NONE_QUEUED) == 0
        assert gather_texts(con, Scope("weibo", "b1", SCOPE.first, SCOPE.last), NONE_QUEUED) == 0


def test_a_longer_sample_begins_with_the_shorter_and_another_seed_draws_others(lake: Lake) -> None:
    with lake.warehouse.reading() as con:
        gather_texts(con, SCOPE, NONE_QUEUED)
        short, long, other = draw_texts(con, 10, "1"), draw_texts(con, 50, "1"), draw_texts(con, 10, "2")
    assert short.tolist() == long[:10].tolist()
    assert set(short.tolist()) != set(other.tolist())


def test_draws_are_uniform(lake: Lake) -> None:
    """Over many seeds every text is drawn about as often: chi-square within five standard deviations."""
    drawn = np.zeros(ROWS)
    with lake.warehouse.reading() as con:
        texts = gather_texts(con, SCOPE, NONE_QUEUED)
        for seed in range(200):
            drawn[rows_of(draw_texts(con, 20, f"{seed}"))] += 1
    expected = 200 * 20 / texts
    chi_square = ((drawn[scored()] - expected) ** 2 / (expected * (1 - 20 / texts))).sum()
    assert abs(chi_square - texts) < 5 * np.sqrt(2 * texts)


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


def test_the_last_loaded_date(lake: Lake) -> None:
    with lake.warehouse.reading() as con:
        assert last_loaded_date(con, "comment", "b1") == date(2026, 11, 22)
        assert last_loaded_date(con, "comment", "b2") is None
