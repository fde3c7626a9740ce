import dataclasses
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.errors import PartCorrupt, TerminalError
from storage.lake.parts import StagedPart
from storage.lake.plan import Plan
from storage.prediction_columns import PART_SCHEMA
from storage.profiles.profile import Profile
from storage.profiles.tokens import no_tokens
from storage.records import Unit
from storage.warehouse import arriving
from storage.warehouse.connection import Warehouse
from storage.warehouse.loader import LoadReport
from tests.support.lake import Lake, rows_of
from tests.support.predictions import (
    LABELS,
    part_table,
    plan_of,
    slot_of,
    stage,
    units_of,
)

SLOT = slot_of()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_every_value_arrives(lake: Lake) -> None:
    (unit,) = units = units_of(SLOT, 100, 100)
    stage(lake.store, unit)
    lake.load(plan_of(SLOT, units))
    with lake.warehouse.reading() as con:
        con.execute("SET TimeZone = 'UTC'")
        found = con.sql("SELECT * EXCLUDE created_at FROM predictions ORDER BY source_row").to_arrow_table()
    assert found.column_names == PART_SCHEMA.names
    assert found.to_pylist() == part_table(unit).to_pylist()
    assert lake.query("SELECT DISTINCT epoch(created_at) FROM predictions") == [(lake.now.timestamp(),)]


def test_the_report_says_what_was_done(lake: Lake) -> None:
    units = units_of(SLOT, 250, 100)
    stage(lake.store, *units[:2])
    report = lake.load(plan_of(SLOT, units))
    assert (report.units, report.rows, report.superseded_units) == (2, 200, 0)
    assert (report.waiting_units, report.waiting_rows) == (1, 50)
    assert report.failures == ()
    assert report.seconds > 0


def test_profiles_ledger_and_bundle_are_written(lake: Lake) -> None:
    units = units_of(SLOT, 250, 100)
    stage(lake.store, *units)
    lake.load(plan_of(SLOT, units), bundle_record={"encoder": "RoBERTa-wwm", "note": "好"})
    found = {
        unit: Profile.from_json_bytes(text.encode()) for unit, text in lake.query("SELECT unit, profile FROM profiles")
    }
    staged = {unit.unit_id: lake.store.profile(unit) for unit in units}
    assert found == {unit: dataclasses.replace(each, tokens=no_tokens()) for unit, each in staged.items()}
    assert lake.query("SELECT unit FROM units ORDER BY row_start") == [(unit.unit_id,) for unit in units]
    ((labels, record),) = lake.query("SELECT labels, record FROM bundles")
    assert labels == list(LABELS)
    assert json.loads(record) == {"encoder": "RoBERTa-wwm", "note": "好"}


def test_no_record_keeps_the_bundles_record_and_a_new_one_replaces_it(lake: Lake) -> None:
    units = units_of(SLOT, 300, 100)
    for unit, record in zip(units, ({"a": 1}, None, {"a": 2}), strict=True):
        stage(lake.store, unit)
        lake.load(plan_of(SLOT, units), bundle_record=record)
        ((text,),) = lake.query("SELECT record FROM bundles")
        assert json.loads(text) == (record or {"a": 1})


def test_again_changes_nothing(lake: Lake) -> None:
    units = units_of(SLOT, 250, 100)
    stage(lake.store, *units)
    lake.load(plan_of(SLOT, units))
    before = lake.query("SELECT COLUMNS(*)::VARCHAR, rowid FROM predictions ORDER BY ALL")
    report = lake.load(plan_of(SLOT, units))
    assert (report.units, report.rows, report.waiting_units) == (0, 0, 0)
    assert lake.query("SELECT COLUMNS(*)::VARCHAR, rowid FROM predictions ORDER BY ALL") == before


def test_units_to_replace_take_the_place_of_their_own_rows(lake: Lake) -> None:
    units = units_of(SLOT, 250, 100)
    stage(lake.store, *units)
    lake.load(plan_of(SLOT, units))
    first = lake.now
    lake.store.discard(SLOT, [units[2].unit_id])
    replaced = [units[0].unit_id, units[2].unit_id]  # the last one is not staged, so its rows stay
    report = lake.load(plan_of(SLOT, units), replace=replaced)
    assert (report.units, report.rows, report.waiting_rows) == (1, 100, 0)
    assert lake.rows(SLOT) == rows_of(*units)
    newer = lake.query("SELECT DISTINCT unit FROM predictions WHERE created_at > ?", first)
    assert newer == [(units[0].unit_id,)]
    assert lake.query("SELECT count(*) FROM profiles") == [(3,)]


def test_rows_that_were_to_be_replaced_stay_when_the_new_part_is_corrupt(lake: Lake) -> None:
    units = units_of(SLOT, 250, 100)
    stage(lake.store, *units)
    lake.load(plan_of(SLOT, units))
    lake.store.path(units[1]).write_bytes(b"PAR1")
    report = lake.load(plan_of(SLOT, units), replace=[unit.unit_id for unit in units])
    assert (len(report.failures), report.rows) == (1, 150)
    assert lake.rows(SLOT) == rows_of(*units)


def test_units_staged_later_come_in_later(lake: Lake) -> None:
    units = units_of(SLOT, 250, 100)
    stage(lake.store, units[2])
    lake.load(plan_of(SLOT, units))
    stage(lake.store, units[0])
    lake.load(plan_of(SLOT, units))
    assert lake.rows(SLOT) == rows_of(units[0], units[2])


def test_groups_keep_to_the_number_of_rows(lake: Lake) -> None:
    units = units_of(SLOT, 1000, 100)
    stage(lake.store, *units)
    seen: list[tuple[int, int]] = []
    lake.load(plan_of(SLOT, units), rows_per_transaction=350, on_progress=lambda *progress: seen.append(progress))
    assert seen == [(300, 1000), (600, 1000), (900, 1000), (1000, 1000)]
    groups = lake.query("SELECT count(*) FROM units GROUP BY loaded_at ORDER BY loaded_at")
    assert groups == [(3,), (3,), (3,), (1,)]
    assert lake.rows(SLOT) == rows_of(*units)


def test_groups_keep_to_the_number_of_units(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny units: it is their statistics that fill the memory."""
    monkeypatch.setattr(arriving, "UNITS_PER_TRANSACTION", 3)
    units = units_of(SLOT, 70, 10)
    stage(lake.store, *units)
    lake.load(plan_of(SLOT, units))
    groups = lake.query("SELECT count(*) FROM units GROUP BY loaded_at ORDER BY loaded_at")
    assert groups == [(3,), (3,), (1,)]
    assert lake.rows(SLOT) == rows_of(*units)


def test_a_unit_larger_than_a_group_goes_in_alone(lake: Lake) -> None:
    units = units_of(SLOT, 200, 100)
    stage(lake.store, *units)
    lake.load(plan_of(SLOT, units), rows_per_transaction=1)
    assert lake.rows(SLOT) == rows_of(*units)


def test_two_bundles_two_tasks_and_two_dates_don_t_meet(lake: Lake) -> None:
    slots = [slot_of("b1"), slot_of("b2"), slot_of("b1", task="news"), slot_of("b1", day=23)]
    for slot in slots:
        units = units_of(slot, 100, 50)
        stage(lake.store, *units)
        lake.load(plan_of(slot, units))
    changed = units_of(slots[0], 80, 80, fingerprint="f2")
    stage(lake.store, *changed)
    lake.load(plan_of(slots[0], changed))
    counts = lake.query("SELECT task, logical_date, bundle, count(*) FROM predictions GROUP BY ALL")
    assert {(task, day.day, bundle): rows for task, day, bundle, rows in counts} == {
        ("comment", 22, "b1"): 80,
        ("comment", 22, "b2"): 100,
        ("news", 22, "b1"): 100,
        ("comment", 23, "b1"): 100,
    }


class TestSupersession:
    OLD = units_of(SLOT, 250, 100)
    OTHER = units_of(SLOT, 60, 30, "b.parquet")

    @pytest.fixture
    def loaded(self, lake: Lake) -> Lake:
        stage(lake.store, *self.OLD, *self.OTHER)
        lake.load(plan_of(SLOT, self.OLD, self.OTHER))
        return lake

    @pytest.mark.parametrize(
        "new",
        [units_of(SLOT, 250, 100, fingerprint="f2"), units_of(SLOT, 250, 80), units_of(SLOT, 150, 50)],
        ids=["changed", "cut otherwise", "shorter and cut otherwise"],
    )
    def test_new_units_take_the_place_of_the_old(self, loaded: Lake, new: tuple[Unit, ...]) -> None:
        stage(loaded.store, *new)
        kept = {unit.unit_id for unit in new} & {unit.unit_id for unit in self.OLD}
        report = loaded.load(plan_of(SLOT, new, self.OTHER))
        assert loaded.rows(SLOT) == rows_of(*new, *self.OTHER)
        assert report.superseded_units == len(self.OLD) - len(kept)
        assert loaded.query("SELECT count(*) FROM profiles") == [(len(new) + len(self.OTHER),)]

    def test_old_rows_stay_until_the_first_new_unit_is_staged(self, loaded: Lake) -> None:
        new = units_of(SLOT, 250, 100, fingerprint="f2")
        plan = plan_of(SLOT, new, self.OTHER)
        assert loaded.load(plan).superseded_units == 0
        assert loaded.rows(SLOT) == rows_of(*self.OLD, *self.OTHER)
        stage(loaded.store, new[1])
        assert loaded.load(plan).superseded_units == 3
        assert loaded.rows(SLOT) == rows_of(new[1], *self.OTHER)

    def test_old_rows_stay_when_the_new_part_is_corrupt(self, loaded: Lake) -> None:
        new = units_of(SLOT, 250, 250, fingerprint="f2")
        stage(loaded.store, *new)
        loaded.store.path(new[0]).write_bytes(b"PAR1")
        report = loaded.load(plan_of(SLOT, new, self.OTHER))
        assert len(report.failures) == 1
        assert loaded.rows(SLOT) == rows_of(*self.OLD, *self.OTHER)

    def test_a_file_without_rows_clears_what_was_there(self, loaded: Lake) -> None:
        report = loaded.load(Plan(SLOT, {"a.parquet": ()}))
        assert report.superseded_units == 3
        assert loaded.rows(SLOT) == rows_of(*self.OTHER)

    def test_a_plan_whose_units_are_all_in_clears_the_rest(self, loaded: Lake) -> None:
        report = loaded.load(plan_of(SLOT, self.OLD[:2]))
        assert (report.units, report.superseded_units) == (0, 1)
        assert loaded.rows(SLOT) == rows_of(*self.OLD[:2], *self.OTHER)

    def test_back_to_the_old_file(self, loaded: Lake) -> None:
        new = units_of(SLOT, 250, 100, fingerprint="f2")
        stage(loaded.store, *new)
        loaded.load(plan_of(SLOT, new, self.OTHER))
        loaded.load(plan_of(SLOT, self.OLD, self.OTHER))
        assert loaded.rows(SLOT) == rows_of(*self.OLD, *self.OTHER)

    def test_files_that_the_plan_does_not_name_stay(self, loaded: Lake) -> None:
        loaded.load(plan_of(SLOT, self.OTHER))
        assert loaded.rows(SLOT) == rows_of(*self.OLD, *self.OTHER)


def test_a_corrupt_part_is_reported_and_the_others_go_in(lake: Lake) -> None:
    units = units_of(SLOT, 400, 100)
    stage(lake.store, *units)
    part = lake.store.path(units[1])
    part.write_bytes(part.read_bytes()[:-20])
    lake.store.path(units[2]).with_name(f"profile-{units[2].unit_id}.json").unlink()
    report = lake.load(plan_of(SLOT, units), rows_per_transaction=100)
    assert [type(failure) for failure in report.failures] == [PartCorrupt, PartCorrupt]
    assert [failure.facts["unit"] for failure in report.failures] == [units[1].unit_id, units[2].unit_id]
    assert lake.rows(SLOT) == rows_of(units[0], units[3])
    stage(lake.store, units[1], units[2])
    assert lake.load(plan_of(SLOT, units)).failures == ()
    assert lake.rows(SLOT) == rows_of(*units)


@pytest.mark.parametrize("name", ["a*b?[c]", "家 里", "tab\t'quote\"", "~", "{x}", "a%20b#c&d=e"])
def test_the_parts_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "aXbYc").mkdir()  # what the first name would match as a pattern
    lake = Lake(tmp_path / name)
    lake.warehouse = Warehouse(tmp_path / "yeban.duckdb")  # DuckDB itself can't have a "?" in its path
    units = units_of(SLOT, 100, 50)
    stage(lake.store, *units)
    lake.load(plan_of(SLOT, units))
    assert lake.rows(SLOT) == rows_of(*units)


def test_parts_that_change_after_they_were_verified_are_not_taken(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    units = units_of(SLOT, 100, 60)
    stage(lake.store, *units)
    real = lake.store.verify

    def verify(unit: Unit) -> StagedPart:
        return replace(real(unit), path=lake.store.path(units[0]))

    with monkeypatch.context() as change:
        change.setattr(lake.store, "verify", verify)
        with pytest.raises(TerminalError, match="120 rows came out of 2 parts"):
            lake.load(plan_of(SLOT, units))
    assert lake.rows(SLOT) == []
    lake.load(plan_of(SLOT, units))
    assert lake.rows(SLOT) == rows_of(*units)


def test_rows_that_the_ledger_does_not_know_are_replaced(lake: Lake) -> None:
    units = units_of(SLOT, 200, 100)
    stage(lake.store, *units)
    lake.load(plan_of(SLOT, units))
    with lake.warehouse.writing() as con:
        con.execute("DELETE FROM units WHERE unit = ?", [units[0].unit_id])
    lake.load(plan_of(SLOT, units))
    assert lake.rows(SLOT) == rows_of(*units)
    assert lake.query("SELECT count(*) FROM profiles") == [(2,)]


def test_another_loader_in_between_does_no_harm(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    units = units_of(SLOT, 200, 100)
    stage(lake.store, *units)
    rival: list[Callable[[], LoadReport]] = [lambda: lake.load(plan_of(SLOT, units[:1]))]
    real = lake.store.verify

    def verify(unit: Unit) -> Any:
        if rival:
            rival.pop()()
        return real(unit)

    monkeypatch.setattr(lake.store, "verify", verify)
    report = lake.load(plan_of(SLOT, units))
    assert report.rows == 100
    assert lake.rows(SLOT) == rows_of(*units)


def test_the_warehouse_is_closed_while_parts_are_verified(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    units = units_of(SLOT, 300, 100)
    stage(lake.store, *units)
    opened: list[bool] = []
    real = lake.store.verify

    def verify(unit: Unit) -> Any:
        with lake.warehouse.writing():  # patience is 0: raises if the loader held it
            opened.append(True)
        return real(unit)

    monkeypatch.setattr(lake.store, "verify", verify)
    lake.load(plan_of(SLOT, units), rows_per_transaction=100)
    assert opened == [True] * 3
