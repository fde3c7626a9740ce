from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitoring.alerts.judge import judge
from monitoring.alerts.rules import Rules
from monitoring.findings.mirror import copy_nights
from monitoring.findings.record import to_json
from storage.nights.store import NightStore, StoredNight
from storage.records import Slot
from storage.warehouse.connection import Warehouse
from tests.support.sample_findings import FIRST, findings, metric

AT = datetime(2026, 1, 6, 2, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> NightStore:
    store = NightStore(tmp_path / "nights")
    for number in range(3):
        write(store, number, effect=0.4, at=AT)
    return store


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "yeban.duckdb", patience_s=0.1)


def write(store: NightStore, number: int, effect: float, at: datetime) -> None:
    found = findings(metric(effect=effect), metric("class_share"), night=number)
    slot = Slot("comment", found.logical_date, "b1")
    store.write(slot, StoredNight(to_json(found), to_json(judge(found, Rules(), ())), at))


def effects(warehouse: Warehouse) -> list[float]:
    with warehouse.reading() as con:
        found = con.execute("SELECT effect FROM metrics WHERE name = 'class_psi' ORDER BY logical_date").fetchall()
    return [effect for (effect,) in found]


def test_nights_are_copied_once_and_again_after_a_rerun(store: NightStore, warehouse: Warehouse) -> None:
    assert copy_nights(warehouse, store, "comment") == 3
    assert copy_nights(warehouse, store, "comment") == 0
    write(store, 1, effect=0.7, at=AT + timedelta(hours=1))
    assert copy_nights(warehouse, store, "comment") == 1
    assert effects(warehouse) == [0.4, 0.7, 0.4]
    with warehouse.reading() as con:
        assert con.execute("SELECT count(*) FROM alerts").fetchone() == (3,)


def test_a_new_warehouse_gets_all_of_them(store: NightStore, warehouse: Warehouse) -> None:
    copy_nights(warehouse, store, "comment")
    warehouse.path.unlink()
    assert copy_nights(warehouse, store, "comment") == 3


def test_a_locked_warehouse_gets_them_later(store: NightStore, warehouse: Warehouse) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with Warehouse(warehouse.path).writing():
            held.set()
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    assert copy_nights(warehouse, store, "comment") == 0
    done.set()
    holder.join()
    assert copy_nights(warehouse, store, "comment") == 3


def test_a_broken_night_holds_no_other_up(
    store: NightStore, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    store.write(Slot("comment", FIRST, "b1"), StoredNight(b"{}", b"{}", AT))
    store.path(Slot("comment", FIRST + timedelta(days=1), "b1"), "x").with_name("night.json").write_text("{")
    with caplog.at_level(logging.WARNING):
        assert copy_nights(warehouse, store, "comment") == 1
    assert len(caplog.records) == 2
