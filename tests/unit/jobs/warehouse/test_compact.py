from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.warehouse.compact import compact_warehouse
from storage.errors import TerminalError
from tests.support.retention_home import ROWS, home_of, night, rows_by_slot, slot_of_age

SLOT = slot_of_age(1)


def test_rows_stay_and_what_an_earlier_attempt_left_goes(tmp_path: Path) -> None:
    night(tmp_path, SLOT)
    leftover = tmp_path / ".tmp-gone-1-0123456789abcdef.duckdb"
    leftover.write_bytes(b"half")
    os.utime(leftover, (0, 0))
    done = compact_warehouse(home_of(tmp_path))
    assert done.rows["predictions"] == ROWS
    assert rows_by_slot(tmp_path) == {SLOT: ROWS}
    assert not leftover.exists()


def test_without_a_warehouse(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="there is no warehouse"):
        compact_warehouse(home_of(tmp_path))
