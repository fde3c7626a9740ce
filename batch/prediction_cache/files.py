"""Predictions on disk, so that the next night finds them: one file per run, the oldest go first.

They are a convenience and no record: a file that cannot be read is removed and its texts are computed again.
"""

from __future__ import annotations

import logging
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from batch.prediction_cache.cache import CachedPredictions, PredictionCache, TextKeys, sort_predictions
from batch.scores import Scores
from storage.files.atomic import atomic_output

log = logging.getLogger("yeban.answers")

UNUSED_DAYS: Final = 30
_PREFIX: Final = "answers-"
_ROW_GROUP_ROWS: Final = 64 * 1024
_SCHEMA: Final = pa.schema(
    [
        ("lower", pa.uint64()),
        ("upper", pa.uint64()),
        ("status", pa.int8()),
        ("probs", pa.list_(pa.float32())),
        ("n_tokens", pa.int32()),
        ("n_unknown", pa.int32()),
        ("n_windows", pa.int32()),
        ("truncated", pa.bool_()),
        ("top", pa.list_(pa.int32())),
    ]
)


def open_cache(folder: Path, max_bytes: int) -> PredictionCache:
    """Read the predictions of earlier runs, newest first, into half of the memory; files that have no room are removed.

    The other half is for this run, so that the next one knows what was new tonight.

    Args:
        folder: Of one bundle version, precision and device: predictions of another are never mixed in.
        max_bytes: How much memory the predictions may take, those of this run included.
    """
    levels: list[CachedPredictions] = []
    room = max_bytes // 2
    for file in sorted(folder.glob(f"{_PREFIX}*.parquet"), reverse=True):
        predictions = _read(file, room)
        if predictions is None:
            _remove(file)
            continue
        room -= predictions.nbytes
        levels.append(predictions)
    return PredictionCache(max_bytes, tuple(levels))


def save_cache(folder: Path, cache: PredictionCache, moment: datetime) -> None:
    """Write what this run added, as a file of its own.

    Args:
        folder: Where to.
        cache: The predictions.
        moment: Now: newer files are read first.

    Raises:
        DiskFull: No space left.
        OSError: The folder cannot be written.
    """
    fresh = cache.fresh
    if fresh is None:
        return
    with atomic_output(folder / f"{_PREFIX}{moment:%Y%m%dT%H%M%S%f}.parquet") as temporary:
        pq.write_table(
            _to_table(fresh), temporary, compression="zstd", write_page_checksum=True, row_group_size=_ROW_GROUP_ROWS
        )


def tidy_caches(root: Path, used: Path, moment: datetime) -> None:
    """Note that a folder is in use, and remove those that were not for `UNUSED_DAYS`, such as of retired bundles.

    Args:
        root: Where the folders are.
        used: The one in use.
        moment: Now.
    """
    oldest = (moment - timedelta(days=UNUSED_DAYS)).timestamp()
    try:
        if used.is_dir():
            os.utime(used, (moment.timestamp(), moment.timestamp()))
        unused = [folder for folder in root.glob("*/") if folder != used and folder.stat().st_mtime < oldest]
        for folder in unused:
            shutil.rmtree(folder)
    except OSError as error:
        log.warning("kept answers in %s cannot be tidied: %s", root, error)


def _to_table(predictions: CachedPredictions) -> pa.Table:
    scores, keys = predictions.scores, predictions.keys
    rows, classes = scores.probs.shape
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * classes)
    return pa.table(
        {
            "lower": keys.lower,
            "upper": keys.upper,
            "status": scores.status,
            "probs": pa.ListArray.from_arrays(offsets, pa.array(scores.probs.reshape(-1))),
            "n_tokens": scores.n_tokens,
            "n_unknown": scores.n_unknown,
            "n_windows": scores.n_windows,
            "truncated": scores.truncated,
            "top": pa.ListArray.from_arrays(pa.array(scores.top_offsets.astype(np.int32)), pa.array(scores.top)),
        },
        schema=_SCHEMA,
    )


def _read(file: Path, room: int) -> CachedPredictions | None:
    """As many predictions of a file as fit into some bytes; None where there are none."""
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as opened:
            if not opened.schema_arrow.equals(_SCHEMA):
                raise ValueError(f"its columns are {', '.join(opened.schema_arrow.names)}")
            groups = [opened.schema_arrow.empty_table()]
            for number in range(opened.num_row_groups):
                if sum(group.nbytes for group in groups) < room:
                    groups.append(opened.read_row_group(number))
    except (pa.ArrowException, OSError, ValueError) as error:
        log.warning("%s cannot be read and is removed, its texts are computed again: %s", file, error)
        return None
    table = pa.concat_tables(groups)
    predictions = _from_table(table).head(room) if len(table) else None
    return predictions if predictions else None


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", file, error)


def _from_table(table: pa.Table) -> CachedPredictions:
    column = {name: table[name].combine_chunks() for name in table.column_names}
    flat = {name: each.to_numpy(zero_copy_only=False) for name, each in column.items() if name not in ("probs", "top")}
    lower, upper = flat.pop("lower"), flat.pop("upper")
    probs, top = column["probs"], column["top"]
    scores = Scores(
        **flat,
        probs=probs.flatten().to_numpy(zero_copy_only=False).reshape(table.num_rows, -1),
        text_hash=lower,
        top=top.flatten().to_numpy(zero_copy_only=False),
        top_offsets=top.offsets.to_numpy().astype(np.int64) - top.offsets[0].as_py(),
    )
    return sort_predictions(TextKeys(lower, upper), scores)
