from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import jobs.nightly.slot_view
from jobs.config.home import Home
from jobs.nightly.slot_view import SlotView
from storage.errors import ConfigError, TerminalError, WarehouseLocked
from storage.lake.plan import Plan
from storage.records import Slot
from storage.warehouse.connection import Warehouse
from tests.support.lake import Lake
from tests.support.predictions import units_of
from tests.support.retention_home import home_of, night, slot_of_age, summary

SLOT = slot_of_age(1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_of(tmp_path)


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The reads of the warehouse; while `locked` is in it, each is refused."""
    seen: list[str] = []
    real = Warehouse.reading

    def reading(warehouse: Warehouse) -> object:
        seen.append("open")
        if "locked" in seen:
            raise WarehouseLocked("another process has it open")
        return real(warehouse)

    monkeypatch.setattr(Warehouse, "reading", reading)
    return seen


def expected_stamp(home: Home, *, loaded: bool) -> str:
    """As records of earlier nights hold it."""
    seals = {
        file.name.removeprefix("seal-").removesuffix(".sha256"): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in home.parts.rglob("seal-*.sha256")
    }
    return hashlib.sha256(repr((sorted(seals.items()), loaded)).encode()).hexdigest()[:16]


def test_the_stamp_is_that_of_earlier_versions(home: Home) -> None:
    night(home.root, SLOT, loaded=False)
    assert SlotView(home, SLOT, ()).stamp() == expected_stamp(home, loaded=False)
    lake = Lake(home.root)
    plan = lake.journal.plan(SLOT)
    assert plan
    lake.load(plan)
    assert SlotView(home, SLOT, ()).stamp() == expected_stamp(home, loaded=True)


def test_the_stamp_stays_when_parts_go_whose_summary_is_kept(home: Home) -> None:
    units = night(home.root, SLOT)
    before = SlotView(home, SLOT, ()).stamp()
    summary(home.root, SLOT)
    Lake(home.root).store.discard(SLOT, [unit.unit_id for unit in units])
    assert SlotView(home, SLOT, ()).stamp() == before


def test_the_warehouse_is_opened_once_until_a_step_has_changed_it(home: Home, opens: list[str]) -> None:
    units = night(home.root, SLOT)
    view = SlotView(home, SLOT, ())
    for _ in range(2):
        assert view.pending(Plan(SLOT, {"a.parquet": units})) == []
        assert view.is_settled()
        assert not view.has_batch("b")
        stamp = view.stamp()
    assert opens == ["open"]
    other = units_of(SLOT, 10, 10, "b.parquet")
    with view.changing():
        Lake(home.root).adopt(Plan(SLOT, {"b.parquet": other}))
    assert not view.is_settled()
    assert view.pending(Plan(SLOT, {"b.parquet": other})) == [*other]
    assert view.stamp() != stamp
    assert opens == ["open"] * 2


def test_what_fails_while_it_changes_is_forgotten_too(home: Home) -> None:
    view = SlotView(home, SLOT, ())
    assert view.is_settled()

    def adopt_and_fail() -> None:
        with view.changing():
            Lake(home.root).adopt(Plan(SLOT, {"a.parquet": units_of(SLOT, 10, 10)}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        adopt_and_fail()
    assert not view.is_settled()


def test_a_locked_warehouse_is_asked_again(home: Home, opens: list[str]) -> None:
    units = night(home.root, SLOT)
    view = SlotView(home, SLOT, ())
    opens.append("locked")
    with pytest.raises(WarehouseLocked):
        view.is_settled()
    assert view.pending(Plan(SLOT, {"a.parquet": units})) == [], "the parts are there"
    assert view.stamp() == expected_stamp(home, loaded=False)
    opens.remove("locked")
    assert view.is_settled()
    assert view.stamp() == expected_stamp(home, loaded=True)


def test_without_a_warehouse_nothing_is_loaded_and_no_batch_can_be_looked_for(home: Home) -> None:
    units = night(home.root, SLOT, loaded=False)
    view = SlotView(home, SLOT, ())
    assert not view.is_settled()
    assert view.pending(Plan(SLOT, {"a.parquet": units})) == []
    with pytest.raises(TerminalError, match="there is no warehouse"):
        view.has_batch("b")


def test_the_dump_is_planned_once_and_a_failure_is_not_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    view = SlotView(home, SLOT, ())
    for _ in range(2):
        with pytest.raises(ConfigError, match="has no input"):
            view.dump()
    planned: list[tuple[str, ...]] = []

    def plan_files(_: Home, slot: Slot, patterns: tuple[str, ...]) -> object:
        planned.append(patterns)
        return slot

    monkeypatch.setattr(jobs.nightly.slot_view, "plan_files", plan_files)
    view = SlotView(home, SLOT, ["dumps/*"])
    assert view.dump() is view.dump() is SLOT  # type: ignore[comparison-overlap]
    assert planned == [("dumps/*",)]
