"""How fast do staged parts get into the warehouse, and does memory grow with the dump?

Makes parts of random predictions in a temporary folder, then times the steps of a load on them, and compares the
peak memory of loading them with that of loading five times as many, each in a process of its own:

    python benchmarks/loading.py --rows 1000000 --classes 6

The warehouse is there and empty, as on any night but the first; a load opens it, commits and closes it.
CPU seconds are printed because the wall clock of a busy machine says little.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.prediction_columns import PART_SCHEMA
from storage.profiles.counts import MARKS
from storage.profiles.measure import RowFacts, profile_of
from storage.profiles.sample import sample_of
from storage.profiles.tokens import no_tokens
from storage.records import Slot, Unit
from storage.warehouse.connection import Warehouse
from storage.warehouse.loader import load
from storage.warehouse.migrations import migrate

DAY = date(2026, 1, 5)
SLOT = Slot("benchmark", DAY, "0123456789abcdef")
ROWS_PER_FILE = 200_000
SOURCES, CITIES = ("京东", "淘宝", "拼多多"), ("上海", "北京", "广州", "深圳", "成都")


def main() -> None:
    options = _options()
    if options.load_only:
        _load_and_tell_peak(options.load_only)
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "speed"
        plan = make_parts(PartStore(home), options, options.rows, "f1")
        changed = make_parts(PartStore(home), options, options.rows, "f2")
        rounds = [_steps(home, plan, changed) for _ in range(options.repeat)]
        peaks = [_peak_mb(Path(folder), options, rows) for rows in (options.rows, 5 * options.rows)]
    for step in rounds[0]:
        rows_per_s = plan.rows / statistics.median(each[step] for each in rounds)
        print(f"median of {options.repeat}: {step:<32}{rows_per_s:>12,.0f} rows/s")
    print(f"peak memory {peaks[0]:,.0f} MB, of five times the rows {peaks[1]:,.0f} MB: {peaks[1] / peaks[0]:.2f} times")


def _steps(home: Path, plan: Plan, changed: Plan) -> dict[str, float]:
    """Seconds by step."""
    store, file = PartStore(home), home / "yeban.duckdb"
    paths = [str(store.path(unit)) for unit in plan.units]
    _empty_warehouse(file).close()
    print(f"{plan.rows:,} rows, {len(plan.units)} parts, load average {os.getloadavg()[0]:.1f}")
    with _empty_warehouse(home / "alone.duckdb") as alone:
        steps: dict[str, Callable[[], object]] = {
            "verify the parts": lambda: [store.verify(unit) for unit in plan.units],
            "DuckDB alone: read": lambda: duckdb.execute(f"SELECT count(COLUMNS(*)) FROM {_READ}", [paths]),
            "DuckDB alone: read and insert": lambda: alone.execute(_INSERT, [paths]).close(),
            "load": lambda: _load(store, file, plan),
            "load again": lambda: _load(store, file, plan),
            "load the changed dump over it": lambda: _load(store, file, changed),
        }
        return {step: _timed(step, plan.rows, work) for step, work in steps.items()}


_READ = "read_parquet(?, hive_partitioning = false)"
_INSERT = f"INSERT INTO predictions BY NAME SELECT *, now() AS created_at FROM {_READ}"


def _empty_warehouse(file: Path) -> duckdb.DuckDBPyConnection:
    file.unlink(missing_ok=True)
    connection = duckdb.connect(str(file))
    migrate(connection)
    return connection.execute("SET preserve_insertion_order = false")


def _timed(step: str, rows: int, work: Callable[[], object]) -> float:
    started, cpu_started = time.perf_counter(), time.process_time()
    work()
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    print(f"  {step:<32}{seconds:7.2f} s  {cpu_s:7.2f} CPU s  {rows / seconds:>12,.0f} rows/s")
    return seconds


def _load(store: PartStore, file: Path, plan: Plan) -> None:
    report = load(store, Warehouse(file), plan, bundle_record=None, now=lambda: datetime.now(UTC))
    assert not report.failures
    assert not report.waiting_units


def _peak_mb(folder: Path, options: argparse.Namespace, rows: int) -> float:
    home = folder / f"peak-{rows}"
    journal = SlotJournal(home, home / "retired")
    journal.adopt(make_parts(journal.parts, options, rows, "f1"), list)
    command = [sys.executable, __file__, "--load-only", str(home)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _load_and_tell_peak(home: Path) -> None:
    journal = SlotJournal(home, home / "retired")
    plan = journal.plan(SLOT)
    assert plan
    _load(journal.parts, home / "yeban.duckdb", plan)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def make_parts(store: PartStore, options: argparse.Namespace, rows: int, fingerprint: str) -> Plan:
    """Stage a dump of `rows` rows, in files of `ROWS_PER_FILE`."""
    files = {}
    for number, start in enumerate(range(0, rows, ROWS_PER_FILE)):
        length = min(ROWS_PER_FILE, rows - start)
        name = f"dt={DAY}/part-{number:05}.parquet"
        cuts = range(0, length, options.unit_rows)
        files[name] = tuple(Unit(SLOT, name, fingerprint, at, min(at + options.unit_rows, length)) for at in cuts)
    plan, random = Plan(SLOT, files), np.random.default_rng(1)
    labels = tuple(f"类别{number}" for number in range(options.classes))
    texts = pl.Series("text", [f"第{number}条评论" for number in range(100)])
    for unit in plan.units:
        table = predictions(unit, labels, options.slices, random)
        sample = sample_of(table, texts, np.arange(unit.rows) % len(texts))
        store.stage(unit, table, profile_of(table, labels, no_facts(unit.rows)), sample)
    return plan


def no_facts(rows: int) -> RowFacts:
    """Rows without anything to say of them."""
    never = np.zeros(rows, np.bool_)
    return RowFacts(never, never, np.zeros(rows, np.int32), np.zeros((rows, len(MARKS)), np.bool_), no_tokens())


def predictions(unit: Unit, labels: tuple[str, ...], slices: bool, random: np.random.Generator) -> pa.Table:
    """Random predictions of a unit in `PART_SCHEMA`; one row in a hundred is empty."""
    rows, size, slot = unit.rows, len(labels), unit.slot
    none = random.random(rows) < 0.01
    probs = np.exp(random.normal(0, 2, (rows, size)))
    probs = (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)
    ranked = np.sort(probs, axis=1)
    starts = np.arange(rows + 1, dtype=np.int32)
    columns = {
        "task": pa.repeat(slot.task, rows),
        "logical_date": pa.repeat(pa.scalar(slot.logical_date), rows),
        "bundle": pa.repeat(slot.bundle, rows),
        "unit": pa.repeat(unit.unit_id, rows),
        "source_path": pa.repeat(unit.source_path, rows),
        "source_row": pa.array(np.arange(unit.row_start, unit.row_stop)),
        "doc_id": pa.array(random.integers(10**15, 10**16, rows)).cast(pa.string()),
        "text_created_at": _times(rows, random),
        "slices": _slices(starts, random) if slices else pa.MapArray.from_arrays(starts * 0, [], []).cast(_MAP),
        "status": pa.array(np.where(none, "empty", "scored")),
        "label": pa.array(np.array(labels)[probs.argmax(axis=1)], pa.string(), mask=none),
        "confidence": pa.array(ranked[:, -1], mask=none),
        "margin": pa.array(ranked[:, -1] - ranked[:, -2], mask=none),
        "entropy": pa.array(-(probs * np.log(probs)).sum(axis=1), mask=none),
        "probs": pa.ListArray.from_arrays(starts * size, probs.ravel(), mask=pa.array(none)),
        "n_tokens": pa.array(random.integers(3, 128, rows, dtype=np.int32)),
        "n_windows": pa.repeat(pa.scalar(1, pa.int32()), rows),
        "top_windows": pa.ListArray.from_arrays(starts, np.zeros(rows, np.int32)),
        "truncated": pa.array(random.random(rows) < 0.01),
        "text_hash": pa.array(random.integers(0, 2**64, rows, dtype=np.uint64)),
    }
    return pa.table(columns, schema=PART_SCHEMA)


_MAP = pa.map_(pa.string(), pa.string())


def _times(rows: int, random: np.random.Generator) -> pa.Array:
    midnight = int(datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp()) * 1_000_000
    return pa.array(midnight + random.integers(0, 86_400_000_000, rows), pa.timestamp("us", tz="UTC"))


def _slices(starts: np.ndarray, random: np.random.Generator) -> pa.Array:
    rows = len(starts) - 1
    values = np.empty((rows, 2), dtype=object)
    values[:, 0] = np.array(SOURCES)[random.integers(0, len(SOURCES), rows)]
    values[:, 1] = np.array(CITIES)[random.integers(0, len(CITIES), rows)]
    keys = np.tile(np.array(["source", "city"]), rows)
    return pa.MapArray.from_arrays(starts * 2, keys, pa.array(values.ravel(), pa.string()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--unit-rows", type=int, default=20_000)
    parser.add_argument("--classes", type=int, default=6)
    parser.add_argument("--slices", action=argparse.BooleanOptionalAction, default=True, help="two slice columns")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--load-only", type=Path, metavar="HOME", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
