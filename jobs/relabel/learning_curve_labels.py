"""Resolved labels of all batches as the rows that networks of a learning curve learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.bundle import Bundle
from models.pages.localized_text import LocalizedText
from models.training.data import LabelledRows
from models.training_fingerprints import has_text, read_fingerprints, text_keys
from monitoring.relabel.annotation.agreed_labels import newest_labels, queue_labels
from storage.errors import TerminalError
from storage.relabel.arms import RANDOM_ARM
from storage.relabel.batches import BatchStore


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """N labels to learn from, each text once.

    Attributes:
        texts: String[N], raw.
        gold: int64[N], class indices.
        batch: int64[N], number of the batch that first asked, from 0 without gaps.
        random: bool[N], drawn at random.
        keys: uint64[N], digests of the texts, all different.
    """

    texts: pl.Series
    gold: NDArray[np.int64]
    batch: NDArray[np.int64]
    random: NDArray[np.bool_]
    keys: NDArray[np.uint64]

    def rows(self) -> LabelledRows:
        """As rows to train on."""
        return LabelledRows(self.texts, self.gold)

    def take(self, kept: NDArray[np.bool_]) -> Labels:
        """Those of a mask."""
        texts = self.texts.filter(pl.Series(kept))
        return Labels(texts, self.gold[kept], self.batch[kept], self.random[kept], self.keys[kept])


def read_labels(store: BatchStore, task: str, classes: tuple[str, ...]) -> tuple[Labels, tuple[str, ...]]:
    """All resolved labels of the queue, each text once: with its newest label, in the batch that asked first.

    Args:
        store: The folder of batches.
        task: The task.
        classes: Class names of the bundle; labels that are none of them are left out.

    Returns:
        The labels, and the names of their batches.

    Raises:
        TerminalError: There are none.
    """
    asked = queue_labels(store, task)
    asked = asked.filter(pl.col("label").is_in(list(classes)) & pl.Series(has_text(asked["text"]), dtype=pl.Boolean))
    if asked.is_empty():
        raise TerminalError(
            f"no label of {task} stands yet",
            expected="batches that people have labelled",
            action=f"yeban relabel pick {task}, export, and import what comes back",
        )
    first = pl.DataFrame({"key": text_keys(asked["text"]), "first": asked["batch"]}).unique("key", keep="first")
    newest = newest_labels(asked)
    newest = newest.with_columns(key=pl.Series(text_keys(newest["text"]), dtype=pl.UInt64))
    newest = newest.join(first, on="key", maintain_order="left")
    names = tuple(asked["batch"].unique(maintain_order=True).to_list())
    labels = Labels(
        texts=newest["text"],
        gold=newest["label"].replace_strict(list(classes), range(len(classes)), return_dtype=pl.Int64).to_numpy(),
        batch=newest["first"].replace_strict(list(names), range(len(names)), return_dtype=pl.Int64).to_numpy(),
        random=(newest["arm"] == RANDOM_ARM).to_numpy(),
        keys=newest["key"].to_numpy(),
    )
    return renumber_batches(labels, names)


def leave_out_seen(labels: Labels, bundle: Bundle) -> tuple[Labels, tuple[LocalizedText, ...]]:
    """Leave out the labels whose texts the bundle has learned from already.

    Returns:
        The others, and what a reader should know of it.

    Raises:
        TerminalError: There are no others.
    """
    seen = read_fingerprints(bundle)
    if seen is None:
        note = LocalizedText(
            f"模型包 {bundle.version} 没有记录学过哪些文本：它可能已经学过一些标注",
            f"bundle {bundle.version} does not tell what it has seen: it may have learned from some labels",
        )
        return labels, (note,)
    known = np.isin(labels.keys, seen)
    if known.all():
        raise TerminalError(
            f"bundle {bundle.version} has learned from all {len(known)} labels already",
            expected="a bundle from before the labels",
            action="name one of `yeban bundles list` with --parent",
        )
    if not known.any():
        return labels, ()
    note = LocalizedText(
        f"略去 {known.sum()} 条标注：模型包 {bundle.version} 已见过其文本",
        f"{known.sum()} labels are left out: bundle {bundle.version} has seen their texts",
    )
    return labels.take(~known), (note,)


def renumber_batches(labels: Labels, names: tuple[str, ...]) -> tuple[Labels, tuple[str, ...]]:
    """Number the batches from 0 without gaps and leave out those without a label; the labels, and the names left."""
    there, numbers = np.unique(labels.batch, return_inverse=True)
    return (
        Labels(labels.texts, labels.gold, numbers.astype(np.int64), labels.random, labels.keys),
        tuple(names[number] for number in there),
    )
