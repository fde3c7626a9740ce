from __future__ import annotations

import json
from datetime import timedelta

import duckdb
import pytest

from storage.warehouse.bundles import record_bundle
from storage.warehouse.migrations import migrate
from tests.support.predictions import LABELS, NIGHT, slot_of

SLOT = slot_of()


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    migrate(connection)
    return connection


def known(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return con.execute("SELECT bundle, labels, record, epoch(first_loaded_at) FROM bundles ORDER BY ALL").fetchall()


def test_a_bundle_is_recorded_once_with_its_first_moment(con: duckdb.DuckDBPyConnection) -> None:
    record_bundle(con, SLOT, LABELS, {"人": 1, "a": 2}, NIGHT)
    record_bundle(con, SLOT, LABELS, {"a": 3}, NIGHT + timedelta(days=1))
    ((bundle, labels, record, first),) = known(con)
    assert (bundle, labels, first) == ("b1", [*LABELS], NIGHT.timestamp())
    assert json.loads(str(record)) == {"a": 3}


def test_no_record_leaves_what_is_known(con: duckdb.DuckDBPyConnection) -> None:
    record_bundle(con, SLOT, LABELS, None, NIGHT)
    assert known(con)[0][2] is None
    record_bundle(con, SLOT, LABELS, {"a": 1}, NIGHT)
    record_bundle(con, SLOT, LABELS, None, NIGHT)
    assert json.loads(str(known(con)[0][2])) == {"a": 1}


def test_tasks_and_versions_are_apart(con: duckdb.DuckDBPyConnection) -> None:
    for slot in (SLOT, slot_of("b2"), slot_of("b1", "weibo")):
        record_bundle(con, slot, LABELS, None, NIGHT)
    assert [row[0] for row in known(con)] == ["b1", "b1", "b2"]
