"""Scores of a unit's rows as the table that is staged."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special

from batch.input.columns import RawRows
from batch.scores import EMPTY, FAILED, Scores
from storage.prediction_columns import PART_SCHEMA
from storage.records import STATUSES, Unit


def to_table(unit: Unit, raw: RawRows, scores: Scores, labels: tuple[str, ...]) -> pa.Table:
    """Build the part of a unit.

    Args:
        unit: The unit.
        raw: Its N rows.
        scores: Their N scores, duplicates fanned out.
        labels: Class names by class index.

    Returns:
        N rows in `PART_SCHEMA`.
    """
    probs = scores.probs
    none = (scores.status == EMPTY) | (scores.status == FAILED)
    ranked = np.sort(np.where(none[:, None], 0, probs), axis=1)
    slot = unit.slot
    columns = {
        "task": pa.repeat(slot.task, unit.rows),
        "logical_date": pa.repeat(pa.scalar(slot.logical_date, pa.date32()), unit.rows),
        "bundle": pa.repeat(slot.bundle, unit.rows),
        "unit": pa.repeat(unit.unit_id, unit.rows),
        "source_path": pa.repeat(unit.source_path, unit.rows),
        "source_row": pa.array(np.arange(unit.row_start, unit.row_stop)),
        "doc_id": raw.doc_id,
        "text_created_at": raw.created_at,
        "slices": raw.slices,
        "status": _names(STATUSES, scores.status, None),
        "label": _names(labels, np.where(none, 0, np.nan_to_num(probs).argmax(axis=1)), none),
        "confidence": pa.array(ranked[:, -1], mask=none),
        "margin": pa.array(ranked[:, -1] - ranked[:, -2], mask=none),
        "entropy": pa.array(_entropy(probs, none), mask=none),
        "probs": _lists(probs, none),
        "n_tokens": pa.array(scores.n_tokens),
        "n_windows": pa.array(scores.n_windows),
        "top_windows": pa.ListArray.from_arrays(pa.array(scores.top_offsets.astype(np.int32)), pa.array(scores.top)),
        "truncated": pa.array(scores.truncated),
        "text_hash": pa.array(scores.text_hash),
    }
    return pa.table(columns, schema=PART_SCHEMA)


def _names(names: tuple[str, ...], codes: NDArray[np.integer], mask: NDArray[np.bool_] | None) -> pa.Array:
    indices = pa.array(codes.astype(np.int32), mask=mask)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(names), pa.string())).cast(pa.string())


def _entropy(probs: NDArray[np.float32], none: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Shannon entropy in nats; 0 ln 0 = 0."""
    known = np.where(none[:, None], 1, probs).astype(np.float64)
    entropy: NDArray[np.float64] = -special.xlogy(known, known).sum(axis=1)  # `entr` gives 0 where this gives -0
    return entropy.astype(np.float32)


def _lists(probs: NDArray[np.float32], none: NDArray[np.bool_]) -> pa.Array:
    rows, classes = probs.shape
    kept = probs[~none]
    offsets = np.concatenate([[0], np.cumsum(np.where(none, 0, classes))]).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(kept.reshape(-1)), mask=pa.array(none) if rows else None
    )
