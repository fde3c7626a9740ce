from __future__ import annotations

import time
from pathlib import Path

import duckdb
import pytest

from storage.errors import TerminalError, WarehouseLocked
from storage.warehouse.opening import Opener
from tests.support.warehouse_holder import held_open


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "it's w.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE t AS SELECT 5 AS x")
    return path


def test_a_free_file_is_opened_at_once(path: Path) -> None:
    with Opener(path, 0).open(time.monotonic(), read_only=True) as con:
        assert con.execute("SELECT x FROM t").fetchall() == [(5,)]
        with pytest.raises(duckdb.InvalidInputException):
            con.execute("INSERT INTO t VALUES (6)")


def test_attached_it_is_named_old_and_can_only_be_read(path: Path) -> None:
    with Opener(path, 0).attach(time.monotonic()) as con:
        assert con.execute("SELECT x FROM old.t").fetchall() == [(5,)]
        with pytest.raises(duckdb.InvalidInputException):
            con.execute("INSERT INTO old.t VALUES (6)")


def test_who_has_it_is_named_when_patience_ends(path: Path) -> None:
    with held_open(path) as pid, pytest.raises(WarehouseLocked, match=f"process {pid} has it open") as caught:
        Opener(path, 0.1).open(time.monotonic() + 0.1, read_only=True)
    assert caught.value.facts == {"path": str(path), "pid": pid}
    assert "after 0.1 s of waiting" in caught.value.got


def test_this_process_may_have_it_itself(path: Path) -> None:
    with duckdb.connect(str(path)), pytest.raises(WarehouseLocked, match="this process has it open already"):
        Opener(path, 0).open(time.monotonic(), read_only=True)


def test_what_is_no_database_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(TerminalError, match="can't be used"):
        Opener(path, 30).open(time.monotonic() + 30, read_only=True)


def test_a_file_that_was_swapped_while_it_was_opened_is_opened_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = tmp_path / "fresh.duckdb"
    with duckdb.connect(str(fresh)) as con:
        con.execute("CREATE TABLE t AS SELECT 7 AS x")
    real = duckdb.connect

    def connect(*args: object, **options: object) -> duckdb.DuckDBPyConnection:
        con = real(*args, **options)
        if fresh.exists():
            fresh.replace(path)
        return con

    monkeypatch.setattr(duckdb, "connect", connect)
    with Opener(path, 0).open(time.monotonic(), read_only=True) as con:
        assert con.execute("SELECT x FROM t").fetchall() == [(7,)]
