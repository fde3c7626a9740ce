from __future__ import annotations

from datetime import date

import duckdb
import pytest

from storage.warehouse.relabel_scope import OF_SCOPE, Scope, literal, scope_values, stratum_sql

SCOPE = Scope("comment", "b1", date(2026, 11, 20), date(2026, 11, 22), ("city", "it's"))


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE p (task TEXT, bundle TEXT, logical_date DATE, status TEXT, label TEXT, slices MAP(TEXT, TEXT))"
    )
    return con


@pytest.mark.parametrize("text", ["", "plain", "it's", "'; DROP TABLE p; --", "评论"])
def test_a_literal_is_the_text(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert con.execute(f"SELECT {literal(text)}").fetchall() == [(text,)]


def test_a_stratum_is_label_and_slices_with_gaps_where_there_is_none(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("INSERT INTO p VALUES ('comment', 'b1', '2026-11-20', 'scored', NULL, MAP {'city': '上海'})")
    con.execute("INSERT INTO p VALUES ('comment', 'b1', '2026-11-20', 'scored', '正面', MAP {'it''s': 'x'})")
    words = [word for (word,) in con.execute(f"SELECT {stratum_sql(SCOPE)} FROM p").fetchall()]
    assert words == ["\x1f上海\x1f", "正面\x1f\x1fx"]
    plain = Scope("comment", "b1", SCOPE.first, SCOPE.last)
    assert con.execute(f"SELECT {stratum_sql(plain)} FROM p").fetchall() == [("",), ("正面",)]


def test_a_scope_is_one_bundles_rows_of_some_dates_but_for_empty_ones(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        ("comment", "b1", "2026-11-20", "scored"),
        ("comment", "b1", "2026-11-22", "failed"),
        ("comment", "b1", "2026-11-21", "empty"),
        ("comment", "b1", "2026-11-19", "scored"),
        ("comment", "b1", "2026-11-23", "scored"),
        ("comment", "b2", "2026-11-21", "scored"),
        ("weibo", "b1", "2026-11-21", "scored"),
    ]
    con.executemany("INSERT INTO p (task, bundle, logical_date, status) VALUES (?, ?, ?, ?)", rows)
    found = con.execute(f"SELECT status FROM p WHERE {OF_SCOPE}", scope_values(SCOPE)).fetchall()
    assert sorted(found) == [("failed",), ("scored",)]
