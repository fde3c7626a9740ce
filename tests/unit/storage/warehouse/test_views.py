"""The views that people query."""

from datetime import timedelta
from pathlib import Path

import pytest

from storage.records import Slot, Unit
from tests.support.lake import Lake
from tests.support.predictions import LABELS, NIGHT, part_table, plan_of, slot_of, stage, units_of

SLOT = slot_of()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def latest(lake: Lake) -> dict[tuple[str, int], str]:
    rows = lake.query("SELECT source_path, source_row, bundle FROM latest_predictions")
    found = {(path, row): bundle for path, row, bundle in rows}
    assert len(found) == len(rows), "a row has two latest predictions"
    return found


def put(lake: Lake, slot: Slot, units: tuple[Unit, ...]) -> None:
    stage(lake.store, *units)
    lake.load(plan_of(slot, units))


def test_the_bundle_loaded_last_wins_row_by_row(lake: Lake) -> None:
    put(lake, SLOT, units_of(SLOT, 100, 40))
    later = slot_of("a-later-bundle")
    units = units_of(later, 100, 25)
    stage(lake.store, units[1])
    lake.load(plan_of(later, units))
    expected = {("a.parquet", row): later.bundle if 25 <= row < 50 else "b1" for row in range(100)}
    assert latest(lake) == expected
    put(lake, later, units)
    assert set(latest(lake).values()) == {later.bundle}


def test_bundles_loaded_at_one_moment_are_told_apart_by_name(lake: Lake) -> None:
    for bundle in ("b1", "b3", "b2"):
        units = units_of(slot_of(bundle), 30, 10)
        stage(lake.store, *units)
        lake.load(plan_of(slot_of(bundle), units), now=lambda: NIGHT)
    assert set(latest(lake).values()) == {"b3"}
    assert len(latest(lake)) == 30


def test_another_version_of_the_file_hides_the_old_bundle_altogether(lake: Lake) -> None:
    put(lake, SLOT, units_of(SLOT, 100, 20))  # its last two units lie beyond the new file
    later = slot_of("b2")
    put(lake, later, units_of(later, 60, 60, fingerprint="f2"))
    assert latest(lake) == {("a.parquet", row): "b2" for row in range(60)}


def test_other_files_dates_and_tasks_are_not_hidden(lake: Lake) -> None:
    for slot, path in (
        (SLOT, "a.parquet"),
        (slot_of("b2"), "b.parquet"),
        (slot_of("b2", day=23), "a.parquet"),
        (slot_of("b2", task="news"), "a.parquet"),
    ):
        put(lake, slot, units_of(slot, 10, 10, path))
    assert lake.query("SELECT count(*) FROM latest_predictions") == [(40,)]


def test_labelled_predictions_join_the_newest_label_once(lake: Lake) -> None:
    put(lake, SLOT, units_of(SLOT, 20, 20))
    later = slot_of("b2")
    put(lake, later, units_of(later, 20, 20))
    with lake.warehouse.writing() as con:
        for doc, label, hour in (("a.parquet:3", "负面", 1), ("a.parquet:3", "正面", 2), ("x", "正面", 1)):
            row = ["comment", doc, label, f"p{hour}", "csv", *[NIGHT + timedelta(hours=hour)] * 2]
            con.execute("INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)
    sql = "SELECT doc_id, bundle, true_label, annotator, label_source FROM labelled_predictions"
    assert lake.query(sql) == [("a.parquet:3", "b2", "正面", "p2", "csv")]


def test_class_probabilities_are_ranked(lake: Lake) -> None:
    (unit,) = units = units_of(SLOT, 50, 50)
    put(lake, SLOT, units)
    found = lake.query("SELECT doc_id, rank, label, probability FROM class_probabilities ORDER BY source_row, rank")
    expected = []
    for row in part_table(unit).to_pylist():
        pairs = zip(LABELS, row["probs"], strict=True) if row["probs"] else ()
        ranked = sorted(pairs, key=lambda pair: -pair[1])
        expected += [(row["doc_id"], rank, *pair) for rank, pair in enumerate(ranked, 1)]
    assert found == expected
    best = lake.query("SELECT count(*) FROM class_probabilities JOIN predictions USING (doc_id, label)")
    assert best == [(sum(lake.store.profile(unit).total.class_counts),)]
