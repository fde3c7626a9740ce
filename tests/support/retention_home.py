"""A home with staged and loaded nights, for tests of what is kept: no model, no command line."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from jobs.config.file import Config, Home
from storage.lake.plan import Plan
from storage.lake.summaries import SummaryStore, find_summary
from storage.records import Slot, Unit
from tests.support.lake import Lake
from tests.support.predictions import stage, units_of

TODAY = date(2026, 11, 23)
ROWS, STEP = 40, 20


def home_of(root: Path, **retention: object) -> Home:
    """A home whose yeban.toml has this `[retention]`."""
    return Home(root, Config.model_validate({"retention": retention, "tasks": {"comment": {}}}))


def slot_of_age(days: int, bundle: str = "b1") -> Slot:
    return Slot("comment", TODAY - timedelta(days=days), bundle)


def night(root: Path, slot: Slot, *, loaded: bool = True) -> tuple[Unit, ...]:
    """Stage the parts of a night with its plan, and load them."""
    lake = Lake(root)
    units = units_of(slot, ROWS, STEP)
    stage(lake.store, *units)
    plan = Plan(slot, {units[0].source_path: units})
    lake.store.save_plan(plan)
    if loaded:
        lake.load(plan)
    return units


def summary(root: Path, slot: Slot) -> None:
    """Keep the summary of a night."""
    find_summary(Lake(root).store, SummaryStore(root / "summaries"), slot)


def rows_by_slot(root: Path) -> dict[Slot, int]:
    """Rows of the warehouse, counted where they are and not in the ledger."""
    sql = "SELECT task, logical_date, bundle, count(*) FROM predictions GROUP BY ALL ORDER BY ALL"
    return {Slot(task, day, bundle): rows for task, day, bundle, rows in Lake(root).query(sql)}
