"""load: staged parts into the warehouse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.config.home import Home
from tests.support.bare_homes import bare_home
from tests.support.command import yeban
from tests.support.predictions import plan_of, slot_of, stage, units_of

SLOT = slot_of()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = bare_home(tmp_path)
    units = units_of(SLOT, 20, 10)
    home.journal.adopt(plan_of(SLOT, units), list)
    stage(home.part_store, *units)
    return home


def test_staged_rows_are_loaded_once(home: Home) -> None:
    shown = yeban("load", "comment", "--home", home.root).succeeded().out
    assert shown == "comment 2026-11-22 b1: 20 rows loaded\n"
    with home.open_warehouse().reading() as con:
        assert con.execute("SELECT count(*) FROM predictions").fetchall() == [(20,)]
    assert "nothing to load" in yeban("load", "--home", home.root).succeeded().out


def test_only_the_task_that_is_named(home: Home) -> None:
    assert json.loads(yeban("load", "weibo", "--json", "--home", home.root).succeeded().out) == []
    assert not home.warehouse.exists()


def test_a_damaged_part_is_named_and_the_code_is_that_of_a_failure(home: Home) -> None:
    part = min(home.parts.rglob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:-100])
    ended = yeban("load", "--home", home.root).without_traceback()
    assert (ended.code, "10 rows loaded" in ended.out, part.name in ended.err) == (1, True, True), ended.output
