"""`yeban compact`: smaller and the same, or as it was: killed, on a full disk, while somebody reads or writes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from storage.errors import DiskFull, WarehouseLocked
from storage.warehouse.compaction import compact
from storage.warehouse.connection import Warehouse
from tests.support.command import environment, start_yeban, yeban, yeban_process
from tests.support.small_disk_mount import fill, run_on_small_disk
from tests.support.waiting import wait_until
from tests.support.warehouse_holder import held_open

MODULE = "tests.faults.test_compact"
FILL = """
    INSERT INTO predictions
    SELECT 't', DATE '2026-01-01' + (i % 20)::INT, 'b', 'u', 'p', i, md5(i::VARCHAR), NULL, MAP{'a': 'b'}, 'scored',
        'x', .5, .1, .1, [.5, .5], 1, 1, [0], false, hash(i), now() FROM range(?) AS t(i)
"""


def make(folder: Path, rows: int, left: int) -> Warehouse:
    """A warehouse of many rows, most of them deleted again, with a table and a view of somebody's own."""
    (folder / "yeban.toml").write_text("[warehouse]\npatience_s = 0.2\n")
    warehouse = Warehouse(folder / "yeban.duckdb", patience_s=0.2)
    with warehouse.writing() as con:
        con.execute(FILL, [rows])
    with warehouse.writing() as con:
        con.execute("DELETE FROM predictions WHERE source_row >= ?", [left])
        con.execute("CREATE TABLE mine AS SELECT 1 AS a")
        con.execute("COMMENT ON TABLE mine IS '我的'")
        con.execute("CREATE VIEW half AS SELECT * FROM predictions WHERE source_row % 2 = 0")
    return warehouse


def content(file: Path) -> tuple[list[Any], list[Any]]:
    with duckdb.connect(str(file), read_only=True) as con:
        tables = con.execute("SELECT table_name, sql, comment FROM duckdb_tables() ORDER BY ALL").fetchall()
        views = "SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
        shapes = [*tables, *con.execute(views).fetchall()]
        names = [name for name, *_ in tables]
        rows = [con.execute(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {name} AS t").fetchall() for name in names]
        return shapes, rows


def test_the_file_is_smaller_and_the_same(tmp_path: Path) -> None:
    warehouse = make(tmp_path, 200_000, 5_000)
    before, size = content(warehouse.path), warehouse.path.stat().st_size
    told = json.loads(yeban("compact", "--json", "--home", tmp_path).succeeded().out)
    assert told["rows"]["predictions"] == 5_000
    assert told["before_bytes"] == size
    assert told["after_bytes"] == warehouse.path.stat().st_size < size / 3
    assert content(warehouse.path) == before
    with warehouse.writing() as con:
        con.execute(FILL, [10])
    assert sorted(file.name for file in tmp_path.glob("*duckdb*")) == ["yeban.duckdb"]


def test_a_link_to_the_warehouse_stays_one(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    warehouse = make(tmp_path, 50_000, 100)
    (tmp_path / "home" / "yeban.duckdb").symlink_to(warehouse.path)
    compact(Warehouse(tmp_path / "home" / "yeban.duckdb"))
    assert (tmp_path / "home" / "yeban.duckdb").is_symlink()
    assert content(warehouse.path)[1]


def test_killed_while_it_copies(tmp_path: Path) -> None:
    warehouse = make(tmp_path, 400_000, 390_000)
    before = content(warehouse.path)
    hits = 0
    for delay_s in (0.0, 0.05, 0.15, 0.3):
        with start_yeban("compact", "--home", tmp_path, log=tmp_path / "log") as process:
            wait_until(lambda: list(tmp_path.glob(".tmp-*")), process, must_run=False, poll_s=0)
            time.sleep(delay_s)
            hits += process.poll() is None
            process.kill()
        assert content(warehouse.path) == before
    assert hits >= 2
    yeban_process("compact", "--home", tmp_path).succeeded()
    assert content(warehouse.path) == before
    assert list(tmp_path.glob(".tmp-*")) == []


def test_a_log_that_a_killed_writer_left_is_taken_in(tmp_path: Path) -> None:
    warehouse = make(tmp_path, 10_000, 10_000)
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('SET checkpoint_threshold = \"1GB\"'); "
        "c.execute('DELETE FROM predictions WHERE source_row < 10'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(warehouse.path)], env=environment(), check=False)
    assert (tmp_path / "yeban.duckdb.wal").exists()
    assert compact(warehouse).rows["predictions"] == 9_990
    assert not (tmp_path / "yeban.duckdb.wal").exists()
    assert content(warehouse.path)[1]


def full_disk(disk: str, source: str) -> None:
    """Compact with too little room, the look for room switched off and on; what is left, JSON-ready."""
    file = Path(shutil.copy(source, Path(disk) / "yeban.duckdb"))
    before, warehouse = content(file), Warehouse(file, patience_s=0.2)
    ballast = fill(Path(disk), 400_000)
    found = []
    for free_of in (lambda _: 1 << 40, None):
        try:
            compact(warehouse, free_of)
        except DiskFull as error:
            left = sorted(each.name for each in Path(disk).iterdir())
            found.append({"said": error.got, "same": content(file) == before, "left": left})
    ballast.unlink()
    compact(warehouse)
    print(json.dumps([*found, {"same": content(file) == before}]))


def test_on_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    source = make(tmp_path / "home", 60_000, 50_000).path
    assert 1_000_000 < source.stat().st_size < 7_000_000
    torn, refused, mended = run_on_small_disk(tmp_path / "disk", MODULE, "full_disk", source)
    for each in (torn, refused):
        assert "no space left" in each["said"]
        assert each["same"]
        assert each["left"] == ["ballast", "yeban.duckdb"]
    assert "for a copy of" in refused["said"]
    assert "for a copy of" not in torn["said"]
    assert mended["same"]


def test_somebody_has_it_open(tmp_path: Path) -> None:
    warehouse = make(tmp_path, 1_000, 10)
    before = warehouse.path.read_bytes()
    with held_open(warehouse.path) as pid:
        yeban("compact", "--home", tmp_path).failed_with(1, f"process {pid} has it open")
    assert warehouse.path.read_bytes() == before
    with pytest.raises(WarehouseLocked), held_open(warehouse.path, read_only=True):
        compact(warehouse)


def test_writers_lose_nothing_while_the_file_is_swapped_again_and_again(tmp_path: Path) -> None:
    """Another process compacts; each transaction of ours is in the file that has the name in the end."""
    warehouse = Warehouse(make(tmp_path, 2_000, 0).path, patience_s=60)
    code = (
        "import pathlib, sys\nfrom storage.warehouse.compaction import compact\n"
        "from storage.warehouse.connection import Warehouse\n"
        "for _ in range(12): compact(Warehouse(pathlib.Path(sys.argv[1]), patience_s=60))"
    )
    command = [sys.executable, "-c", code, str(warehouse.path)]
    with subprocess.Popen(command, env=environment(), cwd=Path(__file__).parents[2]) as process:
        written = 0
        while process.poll() is None:
            with warehouse.writing() as con:
                con.execute("INSERT INTO mine VALUES (?)", [written + 2])
            written += 1
        assert process.returncode == 0
    assert written > 5
    with warehouse.reading() as con:
        assert con.execute("SELECT count(*), max(a) FROM mine").fetchall() == [(written + 1, written + 1)]
