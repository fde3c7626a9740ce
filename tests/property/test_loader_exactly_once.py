"""Whatever happens, in whatever order: at the end each planned row is in the warehouse exactly once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.lake.plan import Plan
from storage.records import Unit
from storage.warehouse.connection import Warehouse
from tests.support.lake import Lake, rows_of
from tests.support.predictions import slot_of, stage, units_of
from tests.support.test_effort import THOROUGH, examples

SLOT = slot_of()
FILES = ("a.parquet", "b.parquet")
EVERY = 1 if THOROUGH else 2
"""Statements from one crash to the next."""


class CrashError(Exception):
    """The power went off."""


class FusedWarehouse(Warehouse):
    """A warehouse that crashes before its nth statement, before a commit or right after one."""

    fuse: int | None = None

    def burn(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                raise CrashError

    @contextmanager
    def writing(self) -> Iterator[Any]:
        with super().writing() as con:
            yield FusedConnection(con, self)
            self.burn()
        self.burn()


@dataclass
class FusedConnection:
    con: duckdb.DuckDBPyConnection
    warehouse: FusedWarehouse

    def execute(self, *args: Any) -> duckdb.DuckDBPyConnection:
        self.warehouse.burn()
        return self.con.execute(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.con, name)


@dataclass(frozen=True)
class Replan:
    """The file has other rows, another content, or is cut otherwise. `rows` may be 0."""

    source_path: str
    rows: int
    step: int
    fingerprint: str


@dataclass(frozen=True)
class Stage:
    """Score some of the planned units; `torn`: killed between profile and part."""

    every: int
    torn: bool


@dataclass(frozen=True)
class Load:
    """Load; crash after so many statements."""

    fuse: int | None


SOURCES, CONTENTS = st.sampled_from(FILES), st.sampled_from(("f1", "f2"))
STEPS = st.one_of(
    st.builds(Replan, SOURCES, st.integers(0, 30), st.sampled_from((5, 8, 30)), CONTENTS),
    st.builds(Stage, st.integers(1, 3), st.booleans()),
    st.builds(Load, st.none() | st.integers(0, 25)),
)


def apply(lake: Lake, plan: Plan, step: Replan | Stage | Load) -> Plan:
    if isinstance(step, Replan):
        units = units_of(SLOT, step.rows, step.step, step.source_path, step.fingerprint)
        return plan.merged(Plan(SLOT, {step.source_path: units}))
    if isinstance(step, Stage):
        chosen = plan.units[:: step.every]
        stage(lake.store, *chosen)
        if step.torn and chosen:
            lake.store.path(chosen[-1]).unlink()
    else:
        crash(lake, plan, step.fuse)
    return plan


def crash(lake: Lake, plan: Plan, fuse: int | None) -> None:
    lake.warehouse.fuse = fuse  # type: ignore[attr-defined]
    with suppress(CrashError):
        lake.load(plan, rows_per_transaction=12)
    lake.warehouse.fuse = None  # type: ignore[attr-defined]


def check_whole_units_only(lake: Lake) -> None:
    """At any moment: the ledger's units have all their rows once, and nothing else is there."""
    columns = "task, logical_date, bundle, source_path, fingerprint, row_start, row_stop"
    with lake.warehouse.reading() as con:
        rows = con.execute(f"SELECT {columns} FROM units").fetchall()
        found = con.execute("SELECT source_path, source_row, unit FROM predictions ORDER BY ALL").fetchall()
        profiles = con.execute("SELECT unit FROM profiles ORDER BY 1").fetchall()
    flat = [dict(zip(columns.split(", "), row, strict=True)) for row in rows]
    units = [Unit.from_dict({**unit, "logical_date": str(unit["logical_date"])}) for unit in flat]
    assert found == rows_of(*units)
    assert len({(source_path, row) for source_path, row, _ in found}) == len(found), "two versions of a row"
    assert profiles == sorted((unit.unit_id,) for unit in units)


@examples(8, 100)
@given(st.lists(STEPS, min_size=1, max_size=8))
def test_each_planned_row_is_there_once(steps: list[Replan | Stage | Load]) -> None:
    with tempfile.TemporaryDirectory() as home:
        lake = Lake(Path(home))
        lake.warehouse = FusedWarehouse(lake.warehouse.path)
        plan = Plan(SLOT, {path: units_of(SLOT, 20, 8, path) for path in FILES})
        for step in steps:
            plan = apply(lake, plan, step)
            if isinstance(step, Load) and lake.warehouse.path.exists():
                check_whole_units_only(lake)
        stage(lake.store, *plan.units)
        lake.load(plan, rows_per_transaction=12)
        check_whole_units_only(lake)
        assert lake.rows(SLOT) == rows_of(*plan.units)


def loaded(home: Path, plan: Plan, *others: Unit) -> Path:
    """A home whose warehouse holds a plan; other units are staged beside it."""
    lake = Lake(home)
    stage(lake.store, *plan.units, *others)
    lake.load(plan)
    return home


@contextmanager
def again(before: Path) -> Iterator[Any]:
    """A copy of a home, with a warehouse that can crash."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(shutil.copytree(before, Path(folder) / "home")))
        lake.warehouse = FusedWarehouse(lake.warehouse.path, patience_s=0)
        yield lake


@pytest.mark.thorough
def test_a_crash_before_each_statement_in_turn(tmp_path: Path) -> None:
    """No luck involved: the plan changes, and the load is cut at its first, second, third ... step."""
    old = Plan(SLOT, {"a.parquet": units_of(SLOT, 20, 10)})
    new = Plan(SLOT, {"a.parquet": units_of(SLOT, 25, 10, fingerprint="f2")})
    before = loaded(tmp_path / "before", old, *new.units)
    for fuse in range(0, 100, EVERY):
        with again(before) as lake:
            lake.warehouse.fuse = fuse
            try:
                lake.load(new, rows_per_transaction=20)
            except CrashError:
                lake.warehouse.fuse = None
                check_whole_units_only(lake)
                lake.load(new, rows_per_transaction=20)
                assert lake.rows(SLOT) == rows_of(*new.units)
            else:
                assert fuse > 15, "the fuse burnt at no statement"
                return
    raise AssertionError("the load never got to its end")


@pytest.mark.thorough
def test_a_crash_before_each_statement_of_a_replacement_leaves_every_row(tmp_path: Path) -> None:
    plan = Plan(SLOT, {"a.parquet": units_of(SLOT, 30, 10)})
    before, replace = loaded(tmp_path / "before", plan), [unit.unit_id for unit in plan.units]
    for fuse in range(0, 100, EVERY):
        with again(before) as lake:
            lake.warehouse.fuse = fuse
            try:
                lake.load(plan, replace=replace, rows_per_transaction=20)
            except CrashError:
                lake.warehouse.fuse = None
                check_whole_units_only(lake)
                assert lake.rows(SLOT) == rows_of(*plan.units)
            else:
                assert fuse > 15, "the fuse burnt at no statement"
                return
    raise AssertionError("the load never got to its end")
