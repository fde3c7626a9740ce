from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.config.home import Home
from jobs.config.model import Config
from jobs.scoring.plan import adopt_plan, find_pending, plan_files
from storage.errors import ConfigError, NoInput, WarehouseLocked
from storage.files.slot_folders import slot_folder
from storage.lake.journal.slot_journal import SlotJournal
from storage.records import Slot
from tests.support.lake import Lake
from tests.support.predictions import plan_of, stage, units_of
from tests.support.retention_home import home_of, night, slot_of_age
from tests.support.warehouse_holder import held_open

SLOT = slot_of_age(1)


def home_with_dump(root: Path, files: dict[str, int]) -> Home:
    task = {"input": "dumps/{date}", "columns": {"text": "text"}}
    home = Home(root, Config.model_validate({"tasks": {"comment": task}, "units": {"rows": 1000}}))
    folder = root / "dumps" / "2026-01-05"
    folder.mkdir(parents=True)
    for name, rows in files.items():
        pq.write_table(pa.table({"text": ["好"] * rows}), folder / name)
    return home


class TestPlanFiles:
    slot = Slot("comment", date(2026, 1, 5), "b1")

    def test_files_are_named_from_the_home_and_cut_by_the_configured_size(self, tmp_path: Path) -> None:
        home = home_with_dump(tmp_path, {"a.parquet": 2500, "b.parquet": 10})
        dump = plan_files(home, self.slot, ())
        assert dump.failures == ()
        assert {path: [unit.rows for unit in units] for path, units in dump.plan.files.items()} == {
            "dumps/2026-01-05/a.parquet": [1000, 1000, 500],
            "dumps/2026-01-05/b.parquet": [10],
        }

    def test_what_cannot_be_used_is_a_failure_and_stops_nothing(self, tmp_path: Path) -> None:
        home = home_with_dump(tmp_path, {"a.parquet": 5})
        (tmp_path / "dumps" / "2026-01-05" / "b.parquet").write_bytes(b"torn")
        dump = plan_files(home, self.slot, ("dumps/{date}", "dumps/none/*.parquet"))
        assert [type(each).__name__ for each in dump.failures] == ["NoInput", "UnreadableFile"]
        assert dump.plan.rows == 5

    def test_no_file_at_all_and_no_place_to_look(self, tmp_path: Path) -> None:
        home = home_with_dump(tmp_path, {})
        with pytest.raises(NoInput):
            plan_files(home, self.slot, ())
        with pytest.raises(ConfigError, match="has no input"):
            plan_files(home_of(tmp_path), self.slot, ())


class TestAdoptAndPending:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Home:
        config = home_of(tmp_path).config
        quick = config.warehouse.model_copy(update={"patience_s": 0.1})
        return Home(tmp_path, config.model_copy(update={"warehouse": quick}))

    @pytest.fixture
    def journal(self, home: Home) -> SlotJournal:
        return home.journal

    def test_units_that_are_only_loaded_are_not_pending(self, home: Home, journal: SlotJournal) -> None:
        units = night(home.root, SLOT)
        journal.parts.discard(SLOT, [units[0].unit_id])
        assert find_pending(home, journal, plan_of(SLOT, units)) == []

    def test_a_locked_warehouse_leaves_it_to_the_parts(self, home: Home, journal: SlotJournal) -> None:
        units = night(home.root, SLOT)
        journal.parts.discard(SLOT, [units[0].unit_id])
        with held_open(home.warehouse):
            assert find_pending(home, journal, plan_of(SLOT, units)) == [units[0]]

    def test_a_lost_plan_is_made_again_from_parts_and_ledger(self, home: Home, journal: SlotJournal) -> None:
        units = night(home.root, SLOT)
        journal.parts.discard(SLOT, [units[0].unit_id])
        plan_file = slot_folder(home.parts, SLOT) / "_plan.json"
        plan_file.unlink()
        new = units_of(SLOT, 10, 10, "b.parquet")
        adopted = adopt_plan(home, journal, plan_of(SLOT, new))
        assert {path: {*each} for path, each in adopted.files.items()} == {"a.parquet": {*units}, "b.parquet": {*new}}
        plan_file.unlink()
        with held_open(home.warehouse), pytest.raises(WarehouseLocked, match="only it knows what was in"):
            adopt_plan(home, journal, plan_of(SLOT, new))

    def test_where_the_parts_tell_nothing_a_locked_warehouse_is_not_asked(
        self, home: Home, journal: SlotJournal
    ) -> None:
        units = night(home.root, SLOT)
        (slot_folder(home.parts, SLOT) / "_plan.json").unlink()
        with held_open(home.warehouse):
            assert adopt_plan(home, journal, plan_of(SLOT, units)) == plan_of(SLOT, units)


def test_without_a_warehouse_nothing_is_loaded(tmp_path: Path) -> None:
    home, lake = home_of(tmp_path), Lake(tmp_path)
    units = units_of(SLOT, 40, 20)
    stage(lake.store, units[0])
    assert find_pending(home, lake.journal, plan_of(SLOT, units)) == [units[1]]
