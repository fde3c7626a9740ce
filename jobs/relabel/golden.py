"""Golden rows: their label is known, and annotators do not know which they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from jobs.config.home import Home
from jobs.relabel.texts import fetch_texts
from jobs.runs.progress import Progress
from models.bundle import Bundle
from models.training.data import LabelledSource, read_labelled
from storage.profiles.digests import digest_numbers, digest_texts
from storage.relabel.batches import FILE_SCHEMA


@dataclass(frozen=True, slots=True)
class GoldenRows:
    """Golden rows to hide in a batch.

    Attributes:
        rows: M rows with `doc_id`, `source_path`, `source_row`, `text_hash`, `text`, `cleaned`, `given_label`, and of
            those that were scored the columns of a prediction.
        notes: What was not done as asked, and why.
    """

    rows: pa.Table
    notes: tuple[str, ...]


def draw_golden(
    home: Home,
    task: str,
    bundle: Bundle,
    source: str | None,
    labelled: pa.Table,
    seen: Collection[str],
    picked: Collection[int],
    count: int,
    rng: np.random.Generator,
    progress: Progress,
) -> GoldenRows:
    """Draw golden rows, those first that no batch had yet.

    Args:
        home: The home.
        task: The task.
        bundle: The bundle in use: its classes and its cleaning.
        source: A file of texts and labels, `{task}` allowed; None takes labels of the warehouse whose source is golden.
        labelled: Those labels with their predictions, `DOUBTED_SCHEMA`.
        seen: Documents that were golden in earlier batches.
        picked: Hashes of texts that are in the batch already.
        count: How many.
        rng: Draws them.
        progress: Where to report to.

    Raises:
        InputError: The file is missing or has no such columns.
        TrainingError: A label of it is no class.
    """
    if not count:
        return GoldenRows(labelled.slice(0, 0), ())
    notes: tuple[str, ...] = ()
    if source is not None:
        rows = _from_file(home, source.replace("{task}", task), bundle)
    else:
        rows, notes = _from_labels(home, task, labelled, bundle, progress)
    rows = rows.filter(pa.array([each not in picked for each in rows["text_hash"].to_pylist()], pa.bool_()))
    chosen = _unseen_first(rows["doc_id"].to_pylist(), seen, rng)[:count]
    if len(chosen) < count:
        notes = (*notes, f"golden: {len(chosen)} rows in place of {count}")
    return GoldenRows(rows.take(pa.array(chosen)), notes)


def _from_labels(
    home: Home, task: str, labelled: pa.Table, bundle: Bundle, progress: Progress
) -> tuple[pa.Table, tuple[str, ...]]:
    if not labelled.num_rows:
        return _with_texts(labelled, pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.String)), ()
    known = labelled.filter(pa.array([label in bundle.labels for label in labelled["given_label"].to_pylist()]))
    fetched = fetch_texts(home, task, known, bundle.cleaner(), progress)
    rows = _with_texts(known, fetched.raw, fetched.cleaned).filter(pa.array(fetched.there))
    return rows, fetched.notes


def _from_file(home: Home, source: str, bundle: Bundle) -> pa.Table:
    file = source if Path(source).is_absolute() else str(home.root / source)
    read = read_labelled(LabelledSource(file), bundle.labels)
    cleaned = bundle.cleaner().clean(read.texts)
    columns = {
        "doc_id": pl.select(pl.lit("md5:") + digest_texts(read.texts)).to_series().to_arrow(),
        "source_path": pa.repeat(source, len(read)),
        "source_row": pa.array(np.arange(len(read))),
        "text_hash": pa.array(digest_numbers(cleaned)[0]),
        "text_rows": pa.array(np.ones(len(read), np.int64)),
        "given_label": pa.array([bundle.labels[each] for each in read.gold], pa.string()),
    }
    fields = [field for field in FILE_SCHEMA if field.name in columns]
    table = pa.table({field.name: columns[field.name].cast(field.type) for field in fields})
    return _with_texts(table, read.texts.fill_null(""), cleaned)


def _with_texts(rows: pa.Table, raw: pl.Series, cleaned: pl.Series) -> pa.Table:
    texts = {"text": raw, "cleaned": cleaned}
    for name, series in texts.items():
        rows = rows.append_column(name, series.to_arrow().cast(pa.string()))
    return rows


def _unseen_first(doc_ids: list[str], seen: Collection[str], rng: np.random.Generator) -> NDArray[np.int64]:
    """All rows in drawn order, those that no batch had before the others; of equal documents one."""
    _, first = np.unique(np.array(doc_ids, dtype=object), return_index=True) if doc_ids else (None, np.zeros(0, int))
    drawn = rng.permutation(np.sort(first))
    again = np.array([doc_ids[place] in seen for place in drawn], bool)
    return drawn[np.argsort(again, kind="stable")].astype(np.int64)
