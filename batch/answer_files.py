"""Answers on disk, so that the next night finds them: one file per run, the oldest go first.

They are a convenience and no record: a file that cannot be read is removed and its texts are computed again.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from batch.answers import AnswerCache, Answers, TextKeys, sort_answers
from batch.scores import Scores
from storage.files import atomic_output

log = logging.getLogger("yeban.answers")

_PREFIX = "answers-"


def open_answers(folder: Path, max_bytes: int) -> AnswerCache:
    """Read the answers of earlier runs, newest first, as many as fit; older files are removed.

    Args:
        folder: Of one bundle version, precision and device: answers of another are never mixed in.
        max_bytes: How much memory the answers may take, those of this run included.
    """
    levels: list[Answers] = []
    room = max_bytes
    for file in sorted(folder.glob(f"{_PREFIX}*.parquet"), reverse=True):
        answers = _read(file) if room > 0 else None
        if answers is None or answers.nbytes > room:
            room = 0 if answers is not None else room
            file.unlink(missing_ok=True)
            continue
        room -= answers.nbytes
        levels.append(answers)
    return AnswerCache(max_bytes, tuple(levels))


def save_answers(folder: Path, cache: AnswerCache) -> None:
    """Write what this run added, as a file of its own.

    Raises:
        DiskFull: No space left.
    """
    fresh = cache.fresh
    if fresh is None:
        return
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    with atomic_output(folder / f"{_PREFIX}{moment}.parquet") as temporary:
        pq.write_table(_to_table(fresh), temporary, compression="zstd", write_page_checksum=True)


def _to_table(answers: Answers) -> pa.Table:
    scores, keys = answers.scores, answers.keys
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
        }
    )


def _read(file: Path) -> Answers | None:
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as opened:
            return _from_table(opened.read().combine_chunks())
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        log.warning("%s cannot be read and is removed, its texts are computed again: %s", file, error)
        return None


def _from_table(table: pa.Table) -> Answers:
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
    return sort_answers(TextKeys(lower, upper), scores)
