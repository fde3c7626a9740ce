"""Picked rows as the table that is written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.bundle import Bundle
from models.excerpts import cut_excerpts
from monitoring.relabel.selection.batch import PickedItem
from storage.records import digest
from storage.relabel.arms import GOLDEN_ARM
from storage.relabel.batches import FILE_SCHEMA


def picked_rows(pool: pa.Table, picked: Sequence[PickedItem]) -> pa.Table:
    """The rows of a pool that were picked, with what is known of their picking.

    Args:
        pool: N rows with the columns of a prediction, `text`, `cleaned` and `given_label`.
        picked: Which.
    """
    rows = pool.take(pa.array([item.row for item in picked], pa.int64()))
    columns = {
        "arm": pa.array([item.arm for item in picked], pa.string()),
        "strategy": pa.array([item.strategy for item in picked], pa.string()),
        "score": pa.array([item.score for item in picked], pa.float64()),
        "probability": pa.array([item.probability for item in picked], pa.float64()),
        "copies": pa.array([item.copies for item in picked], pa.int32()),
        "golden": pa.array([False] * len(picked), pa.bool_()),
    }
    return _with(rows, columns)


def golden_items(rows: pa.Table) -> pa.Table:
    """Golden rows as items."""
    count = rows.num_rows
    columns = {
        "arm": pa.repeat(GOLDEN_ARM, count),
        "strategy": pa.repeat(GOLDEN_ARM, count),
        "copies": pa.array(np.ones(count, np.int32)),
        "golden": pa.repeat(True, count),
    }
    return _with(rows, columns)


def finish_items(picked: pa.Table, golden: pa.Table, task: str, bundle: Bundle, rng: np.random.Generator) -> pa.Table:
    """Hide golden items among the others, give all of them their ids and long texts their excerpts.

    Returns:
        `FILE_SCHEMA`, in the order of `place`; `batch` is the digest of what is in it.
    """
    rows = pa.concat_tables([_filled(picked), _filled(golden)])
    rows = rows.take(pa.array(rng.permutation(rows.num_rows)))
    last = max((day for day in picked["logical_date"].to_pylist()), default=None)
    content = digest(task, bundle.version, *rows["doc_id"].to_pylist(), *rows["arm"].to_pylist(), length=8)
    batch = f"{last or 'golden'}-{content}"
    excerpts = _excerpts(rows, bundle)
    given = {
        "item": pa.array([digest(task, batch, each) for each in rows["doc_id"].to_pylist()], pa.string()),
        "batch": pa.repeat(batch, rows.num_rows),
        "task": pa.repeat(task, rows.num_rows),
        "place": pa.array(np.arange(rows.num_rows, dtype=np.int32)),
        "bundle": pa.repeat(bundle.version, rows.num_rows),
        "excerpts": pa.array(excerpts, pa.list_(pa.string())),
    }
    return _with(rows, given).select(FILE_SCHEMA.names).cast(FILE_SCHEMA).combine_chunks()


def _excerpts(rows: pa.Table, bundle: Bundle) -> list[list[str]]:
    import polars as pl

    texts = pl.Series("text", pl.from_arrow(rows["cleaned"]))
    chosen = [windows or [] for windows in rows["top_windows"].to_pylist()]
    return cut_excerpts(texts, chosen, bundle.tokenizer(), bundle.manifest.windows)


def _filled(rows: pa.Table) -> pa.Table:
    """The columns of a batch, null where they are not known."""
    columns = {
        field.name: rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in FILE_SCHEMA
    }
    return pa.table(columns)


def _with(rows: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, column in columns.items():
        if name in rows.column_names:
            rows = rows.drop_columns([name])
        rows = rows.append_column(name, column)
    return rows
