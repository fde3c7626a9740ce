"""compact: the DuckDB file without its free space."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_an_empty_warehouse_is_rewritten(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    with home.open_warehouse().writing() as con:
        con.execute("CREATE TABLE kept AS SELECT 7 AS value")
    flat = json.loads(yeban("compact", "--json", "--home", tmp_path).succeeded().out)
    assert (flat["rows"]["predictions"], flat["rows"]["kept"]) == (0, 1)
    assert flat["after_bytes"] == home.warehouse.stat().st_size
    with home.open_warehouse().reading() as con:
        assert con.execute("SELECT value FROM kept").fetchall() == [(7,)]
    shown = yeban("compact", "--home", tmp_path).succeeded().out
    assert "0 predictions and all the rest are the same" in shown


def test_no_warehouse(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    yeban("compact", "--home", tmp_path).failed_with(1, "there is no warehouse")
    assert not home.warehouse.exists()
