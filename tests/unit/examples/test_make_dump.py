from __future__ import annotations

import runpy
from pathlib import Path

import pyarrow.parquet as pq
import pytest

DEMO = Path(__file__).parents[3] / "examples" / "demo"


@pytest.mark.parametrize("name", ["app.parquet", "web.parquet"])
def test_the_committed_dump_is_what_the_script_writes(name: str) -> None:
    tables = runpy.run_path(str(DEMO / "make_dump.py"))["tables"]()
    assert pq.read_table(DEMO / "dumps" / "comment" / "dt=2026-01-05" / name, partitioning=None).equals(tables[name])
