"""Units and predictions that storage tests stage: small, columnar, reproducible."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pyarrow as pa

from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.prediction_columns import PART_SCHEMA
from storage.profiles.counts import MARKS
from storage.profiles.measure import RowFacts, profile_of
from storage.profiles.profile import Profile
from storage.profiles.sample import SAMPLE_ROWS, sample_of
from storage.profiles.tokens import count_tokens
from storage.records import Slot, Unit

LABELS = ("负面", "正面", "中性")
NIGHT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def slot_of(bundle: str = "b1", task: str = "comment", day: int = 22) -> Slot:
    return Slot(task, date(2026, 11, day), bundle)


def units_of(
    slot: Slot, rows: int, step: int, source_path: str = "a.parquet", fingerprint: str = "f1"
) -> tuple[Unit, ...]:
    starts = range(0, rows, step)
    return tuple(Unit(slot, source_path, fingerprint, start, min(start + step, rows)) for start in starts)


def plan_of(slot: Slot, *files: tuple[Unit, ...]) -> Plan:
    return Plan(slot, {units[0].source_path: units for units in files})


def part_table(unit: Unit, labels: tuple[str, ...] = LABELS) -> pa.Table:
    """Predictions of a unit; every seventh row is `empty` and has no label."""
    n, size = unit.rows, len(labels)
    random = np.random.default_rng([unit.row_start, n])
    rows = np.arange(unit.row_start, unit.row_stop)
    unlabelled = rows % 7 == 6
    probs = random.dirichlet(np.ones(size), n).astype(np.float32)
    top = np.sort(probs, axis=1)
    starts = pa.array(np.arange(n + 1) * size, pa.int32())
    columns = {
        "task": [unit.slot.task] * n,
        "logical_date": [unit.slot.logical_date] * n,
        "bundle": [unit.slot.bundle] * n,
        "unit": [unit.unit_id] * n,
        "source_path": [unit.source_path] * n,
        "source_row": rows,
        "doc_id": [f"{unit.source_path}:{row}" for row in rows],
        "text_created_at": [NIGHT] * n,
        "slices": [[("channel", "网页"), ("city", [None, "上海", "北京"][row % 3])] for row in rows],
        "status": np.where(unlabelled, "empty", "scored"),
        "label": pa.array(np.array(labels)[probs.argmax(axis=1)], pa.string(), mask=unlabelled),
        "confidence": pa.array(top[:, -1], mask=unlabelled),
        "margin": pa.array(top[:, -1] - top[:, -2], mask=unlabelled),
        "entropy": pa.array(-(probs * np.log(probs)).sum(axis=1), mask=unlabelled),
        "probs": pa.ListArray.from_arrays(starts, pa.array(probs.ravel()), mask=pa.array(unlabelled)),
        "n_tokens": random.integers(2, 128, n),
        "n_windows": [1] * n,
        "top_windows": [[0]] * n,
        "truncated": rows % 5 == 0,
        "text_hash": rows.astype(np.uint64) + np.uint64(2**63),
    }
    arrays = [pa.array(columns[field.name], field.type) for field in PART_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=PART_SCHEMA)


def row_facts(rows: Sequence[int]) -> RowFacts:
    """Facts that depend on the row's number alone, so that they add up however rows are cut."""
    numbers = np.asarray(rows, np.int64)
    return RowFacts(
        duplicate=numbers % 11 == 0,
        invalid_utf8=numbers % 50 == 0,
        n_unknown=(numbers % 3).astype(np.int32),
        marks=np.stack([numbers % (place + 2) == 0 for place in range(len(MARKS))], axis=1),
        tokens=count_tokens((numbers % 40 * 7).astype(np.int32), len(numbers)),
    )


def part_profile(table: pa.Table, labels: tuple[str, ...] = LABELS) -> Profile:
    return profile_of(table, labels, row_facts(table["source_row"].to_pylist()))


def part_sample(table: pa.Table, rows: int = SAMPLE_ROWS) -> pa.Table:
    """A sample in which each row's text tells where it is from."""
    texts = pl.Series("text", [f"文本{row}" for row in table["source_row"].to_pylist()], dtype=pl.String)
    return sample_of(table, texts, np.arange(table.num_rows), rows)


def stage(store: PartStore, *units: Unit, labels: tuple[str, ...] = LABELS) -> None:
    for unit in units:
        table = part_table(unit, labels)
        store.stage(unit, table, part_profile(table, labels), part_sample(table))
