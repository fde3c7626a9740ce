from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from storage.records import Slot
from storage.warehouse.metrics import ALERTS_SCHEMA, METRICS_SCHEMA, record_night, recorded_nights
from storage.warehouse.migrations import migrate, packaged_migrations

AT = datetime(2026, 1, 6, 2, 0, 0, 5, tzinfo=UTC)
SLOT = Slot("comment", date(2026, 1, 5), "b1")


def metrics(slot: Slot = SLOT, count: int = 3, at: datetime = AT) -> pa.Table:
    known = {"task": slot.task, "logical_date": slot.logical_date, "bundle": slot.bundle, "measured_at": at}
    texts = {"reference": None, "slice": "", "name": "class_psi", "reason": ""}
    numbers = dict.fromkeys(
        ("level", "level_before", "value", "low", "high", "effect", "p_value", "adjusted_p", "threshold"), 0.5
    )
    rest = {"breached": True, "nights": 2, "null_low": None, "null_high": 0.1, "n": 5.0, "m": 6.0}
    rows = [{**known, **texts, **numbers, **rest, "item": str(number)} for number in range(count)]
    return pa.Table.from_pylist(rows, schema=METRICS_SCHEMA)


def alerts(slot: Slot = SLOT, count: int = 1) -> pa.Table:
    known = {"task": slot.task, "logical_date": slot.logical_date, "bundle": slot.bundle, "fired_at": AT}
    texts = {"name": "class_psi", "slice": "", "item": "", "severity": "warning", "message_en": "e", "message_zh": "中"}
    rest = {"since": slot.logical_date, "nights": 2, "is_new": True, "effect": 0.3, "adjusted_p": None, "slices": ["a"]}
    rows = [{**known, **texts, **rest, "alert": str(number)} for number in range(count)]
    return pa.Table.from_pylist(rows, schema=ALERTS_SCHEMA)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        migrate(connection)
        yield connection


def counts(con: duckdb.DuckDBPyConnection, slot: Slot = SLOT) -> list[int]:
    where = "WHERE task = ? AND logical_date = ? AND bundle = ?"
    key = [slot.task, slot.logical_date, slot.bundle]
    found = [con.execute(f"SELECT count(*) FROM {name} {where}", key).fetchone() for name in ("metrics", "alerts")]
    return [each[0] for each in found if each]


def test_a_night_is_replaced_and_others_stay(con: duckdb.DuckDBPyConnection) -> None:
    others = [Slot("news", SLOT.logical_date, "b1"), Slot("comment", date(2026, 1, 6), "b1")]
    others.append(Slot("comment", SLOT.logical_date, "b2"))
    for slot in [SLOT, *others]:
        record_night(con, slot, metrics(slot), alerts(slot))
    record_night(con, SLOT, metrics(count=1), alerts(count=0))
    assert counts(con) == [1, 0]
    assert [counts(con, slot) for slot in others] == [[3, 1]] * 3


def test_the_tables_hold_what_they_are_given(con: duckdb.DuckDBPyConnection) -> None:
    record_night(con, SLOT, metrics(count=2), alerts())
    for name, table in (("metrics", metrics(count=2)), ("alerts", alerts())):
        kept = con.sql(f"SELECT * FROM {name}").to_arrow_table()
        assert kept.column_names == table.column_names
        assert kept.cast(table.schema).to_pylist() == table.to_pylist()


def test_what_is_recorded_is_known_with_its_moment(con: duckdb.DuckDBPyConnection) -> None:
    later = Slot("comment", date(2026, 1, 6), "b1")
    record_night(con, SLOT, metrics(), alerts())
    record_night(con, later, metrics(later, at=AT + timedelta(hours=1)), alerts(later))
    assert recorded_nights(con, "comment") == {SLOT: AT, later: AT + timedelta(hours=1)}
    assert recorded_nights(con, "news") == {}


def test_rows_of_another_night_are_refused(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="rows for metrics of"):
        record_night(con, Slot("news", SLOT.logical_date, "b1"), metrics(), alerts())
    with pytest.raises(ValueError, match="other columns"):
        record_night(con, SLOT, metrics().drop_columns(["n"]), alerts())


class CountingConnection:
    """A connection that counts its statements."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con, self.statements = con, 0

    def execute(self, *args: Any) -> duckdb.DuckDBPyConnection:
        self.statements += 1
        return self.con.execute(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.con, name)


def test_twenty_thousand_rows_take_as_many_statements_as_three(con: duckdb.DuckDBPyConnection) -> None:
    statements = []
    for count in (3, 20_000):
        counting: Any = CountingConnection(con)
        record_night(counting, SLOT, metrics(count=count), alerts())
        statements.append(counting.statements)
        assert counts(con) == [count, 1]
    assert statements[0] == statements[1] > 0


def test_a_warehouse_of_the_first_schema_gets_the_tables() -> None:
    with duckdb.connect() as con:
        migrate(con, packaged_migrations()[:1])
        con.execute("INSERT INTO labels VALUES ('t', 'd', 'l', 'a', 's', now(), now())")
        migrate(con)
        record_night(con, SLOT, metrics(), alerts())
        assert counts(con) == [3, 1]
        assert con.execute("SELECT doc_id FROM labels").fetchall() == [("d",)]
