"""Labels of the queue with their texts: what people agreed on, for training, for the gate and for metrics."""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow.compute as pc

from models.training_fingerprints import text_keys
from monitoring.relabel.annotation.resolve import resolve
from monitoring.relabel.sheets.ids import row_id
from storage.relabel.annotations import AnnotationLog
from storage.relabel.arms import RANDOM_ARM
from storage.relabel.batches import BatchStore

QUEUE_LABELS: Final = pl.Schema(
    {
        "batch": pl.String(),
        "item": pl.String(),
        "doc_id": pl.String(),
        "text": pl.String(),
        "label": pl.String(),
        "arm": pl.String(),
        "slices": pl.List(pl.Struct({"key": pl.String(), "value": pl.String()})),
    }
)
"""A resolved label. `text` is the raw one, as the batch keeps it; `arm` and `slices` are those of the item."""
_OF_AN_ITEM: Final = ("item", "doc_id", "text", "arm", "slices")


def queue_labels(store: BatchStore, task: str) -> pl.DataFrame:
    """Labels that stand: one row for each item of each batch on which people agree, or an adjudicator decided.

    Golden rows are left out: their label is known, and nothing may be trained on them. A text that was asked again in a
    later batch has a row for each; see `newest_labels`.

    Args:
        store: The folder of batches.
        task: The task.

    Returns:
        `QUEUE_LABELS`, batches from the oldest to the newest, items in the order of their place.

    Raises:
        TerminalError: A batch or an import can't be read.
    """
    ordered = sorted(store.heads(task), key=lambda head: (head.created_at, head.batch))
    return pl.concat([QUEUE_LABELS.to_frame(), *(_of_batch(store, task, head.batch) for head in ordered)])


def newest_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """One row for each text, with its newest label; one that was drawn at random once stays a random one.

    Corrected labels are the hard ones: without them the random arm would look too easy.

    Args:
        labels: `QUEUE_LABELS`, the newest batch last.
    """
    keyed = labels.with_columns(key=pl.Series(text_keys(labels["text"]), dtype=pl.UInt64))
    drawn = (pl.col("arm") == RANDOM_ARM).any().over("key")
    arm = pl.when(drawn).then(pl.lit(RANDOM_ARM)).otherwise("arm").alias("arm")
    return keyed.with_columns(arm).unique("key", keep="last", maintain_order=True).drop("key")


def golden_texts(store: BatchStore, task: str) -> pl.Series:
    """Raw texts of the golden rows of all batches, String[N]: they must not be trained on.

    Raises:
        TerminalError: A batch can't be read.
    """
    found = [pl.Series("text", [], dtype=pl.String)]
    for head in store.heads(task):
        items = store.items(task, head.batch)
        found.append(pl.Series("text", pl.from_arrow(items.filter(pc.field("golden"))["text"]), dtype=pl.String))
    return pl.concat(found)


def _of_batch(store: BatchStore, task: str, batch: str) -> pl.DataFrame:
    given = AnnotationLog(store.folder(task, batch)).latest_labels()
    items = store.items(task, batch)
    rows = items.filter(~pc.field("golden")).select(_OF_AN_ITEM).to_pylist()
    found = []
    for row in rows:
        outcome = resolve(given.get(row_id(batch, row["item"]), {}))
        if outcome is not None and outcome.label is not None:
            slices = [{"key": key, "value": value} for key, value in row["slices"] or ()]
            found.append({**row, "batch": batch, "slices": slices, "label": outcome.label})
    return pl.DataFrame(found, QUEUE_LABELS)
