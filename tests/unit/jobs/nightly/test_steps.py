"""When a step is missing, and when not; the steps at work are in tests/integration/test_nightly.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.nightly.slot_view import SlotView
from jobs.nightly.steps import STEPS, Night, night_seed
from jobs.runs.context import quiet_context, system_clock
from jobs.runs.record import recorded_run
from models.bundle import open_bundle
from models.registry import EMBEDDED
from storage.nights.store import StoredNight
from storage.runs.log import RunState
from storage.warehouse.relabel_mirror import copy_batches
from tests.support.lake import Lake
from tests.support.retention_home import home_of, night, slot_of_age
from tests.support.sample_batches import head_of, items_of

SLOT = slot_of_age(1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_of(tmp_path)


@pytest.fixture
def missing(home: Home) -> Callable[..., str]:
    """Why a step has to run, by a new look at the home."""
    bundle = open_bundle(EMBEDDED / "comment")  # no step looks into it before it works

    def why(name: str, stamp: str = "") -> str:
        return STEPS[name].missing(Night(home, SLOT, bundle, SlotView(home, SLOT, ()), quiet_context()), stamp)

    return why


def stamp(home: Home) -> str:
    return SlotView(home, SLOT, ()).stamp()


def test_a_seed_is_one_nights_own() -> None:
    nights = [date(2026, 1, 5), date(2026, 1, 6), date(2027, 1, 5)]
    assert len({night_seed(each) for each in nights}) == 3
    assert night_seed(nights[0]) == night_seed(date(2026, 1, 5))


def test_load_is_missing_until_the_ledger_is_the_plan(home: Home, missing: Callable[..., str]) -> None:
    night(home.root, SLOT, loaded=False)
    assert missing("load") == "the warehouse does not have it as it is planned"
    lake = Lake(home.root)
    plan = lake.journal.plan(SLOT)
    assert plan
    lake.load(plan)
    assert missing("load") == ""


@pytest.mark.parametrize(
    ("state", "why"),
    [("done", ""), ("failed", "its last run is failed"), ("staged", "its last run is staged")],
)
def test_load_is_missing_where_its_last_run_ended_badly(
    home: Home, missing: Callable[..., str], state: RunState, why: str
) -> None:
    night(home.root, SLOT)
    runs = home.run_log
    with recorded_run(runs, "load", SLOT, system_clock) as tally:
        pass
    runs.write(replace(runs.get(tally.run_id), state=state))
    assert missing("load") == why


def test_monitoring_is_missing_where_the_parts_changed_since(home: Home, missing: Callable[..., str]) -> None:
    night(home.root, SLOT)
    assert missing("monitor") == "it was not monitored"
    home.night_store.write(SLOT, StoredNight(b"{}", b"{}", datetime(2026, 11, 23, tzinfo=UTC)))
    assert missing("monitor", stamp(home)) == ""
    assert missing("monitor", "another") == "it was monitored as it was before"


def test_picking_is_missing_until_there_is_a_batch_and_the_warehouse_has_it(
    home: Home, missing: Callable[..., str]
) -> None:
    night(home.root, SLOT)
    assert missing("relabel pick") == "no batch was picked"
    assert missing("relabel pick", stamp(home)) == "", "nothing was left to pick, and nothing has changed"
    store, day = home.batch_store, SLOT.logical_date
    by_hand = head_of("by-hand", last_date=day, seed=7)
    store.write(by_hand, items_of(by_hand))
    assert missing("relabel pick") == "no batch was picked"
    head = head_of("of-the-night", last_date=day, seed=night_seed(day))
    store.write(head, items_of(head))
    assert missing("relabel pick") == "the warehouse does not have the batch"
    copy_batches(Lake(home.root).warehouse, store, "comment")
    assert missing("relabel pick") == ""
