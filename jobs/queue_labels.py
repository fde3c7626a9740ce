"""Labels of the queue with their texts: what people agreed on, for training, for the gate and for figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl
import pyarrow.compute as pc

from models.seen import text_keys
from monitoring.relabel.mix import RANDOM
from monitoring.relabel.resolve import resolve
from monitoring.relabel.sheets.ids import row_id
from storage.answers import AnswerLog
from storage.relabel_batches import BatchStore

QUEUE_LABELS: Final = pl.Schema(
    {
        "batch": pl.String(),
        "item": pl.String(),
        "doc_id": pl.String(),
        "text": pl.String(),
        "label": pl.String(),
        "how": pl.String(),
        "arm": pl.String(),
        "probability": pl.Float64(),
        "text_rows": pl.Int64(),
        "slices": pl.List(pl.Struct({"key": pl.String(), "value": pl.String()})),
        "labelled_at": pl.Datetime("us", "UTC"),
    }
)
"""A resolved label. `text` is the raw one, as the batch keeps it; `how` is that of `Resolved`; `arm`, `probability`,
`text_rows` and `slices` are those of the item; `labelled_at` is when its last answer was given."""
_OF_AN_ITEM: Final = ("item", "doc_id", "text", "arm", "probability", "text_rows", "slices")


def queue_labels(store: BatchStore, task: str, batches: Sequence[str] | None = None) -> pl.DataFrame:
    """Labels that stand: one row for each item of each batch on which people agree, or somebody decided.

    Golden rows are left out: their label is known, and nothing may be trained on them. A text that was asked again in a
    later batch has a row for each; see `newest_labels`.

    Args:
        store: The folder of batches.
        task: The task.
        batches: Names of batches; None takes all.

    Returns:
        `QUEUE_LABELS`, batches from the oldest to the newest, items in the order of their place.

    Raises:
        TerminalError: A batch or an import can't be read, or there is no batch of that name.
    """
    heads = [store.head(task, name) for name in dict.fromkeys(batches)] if batches else store.heads(task)
    ordered = sorted(heads, key=lambda head: (head.created_at, head.batch))
    return pl.concat([QUEUE_LABELS.to_frame(), *(_of_batch(store, task, head.batch) for head in ordered)])


def newest_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """One row for each text, with its newest label; one that was drawn at random once stays a random one.

    Corrected labels are the hard ones: without them the random arm would look too easy.

    Args:
        labels: `QUEUE_LABELS`, the newest batch last.
    """
    keyed = labels.with_columns(key=pl.Series(text_keys(labels["text"]), dtype=pl.UInt64))
    drawn = (pl.col("arm") == RANDOM).any().over("key")
    arm = pl.when(drawn).then(pl.lit(RANDOM)).otherwise("arm").alias("arm")
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
    said: dict[str, dict[str, str]] = {}
    times: dict[str, Any] = {}
    for each in AnswerLog(store.folder(task, batch)).imports():
        for answer in each.answers:
            said.setdefault(answer.item, {})[answer.annotator] = answer.label
            times[answer.item] = answer.labelled_at
    items = store.items(task, batch)
    rows = items.filter(~pc.field("golden")).select(_OF_AN_ITEM).to_pylist()
    found = []
    for row in rows:
        answered = row_id(batch, row["item"])
        outcome = resolve(said.get(answered, {}))
        if outcome is not None and outcome.label is not None:
            slices = [{"key": key, "value": value} for key, value in row["slices"] or ()]
            known = {"label": outcome.label, "how": outcome.how, "labelled_at": times[answered]}
            found.append({**row, "batch": batch, "slices": slices, **known})
    return pl.DataFrame(found, QUEUE_LABELS)
