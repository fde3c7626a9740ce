from __future__ import annotations

from pathlib import Path

from storage.warehouse.wal import set_aside, wal_of


def test_logs_that_are_set_aside_get_names_of_their_own(tmp_path: Path) -> None:
    log = wal_of(tmp_path / "yeban.duckdb")
    set_aside(log)  # there is none
    for number in range(3):
        log.write_text(str(number))
        set_aside(log)
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {
        "yeban.duckdb.wal.orphan": "0",
        "yeban.duckdb.wal.orphan1": "1",
        "yeban.duckdb.wal.orphan2": "2",
    }
