"""Old rows beside the new ones: a network that is shown new rows alone forgets what it knew."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.training.data import LabelledRows
from models.training_fingerprints import has_text, text_keys


def draw_replay(old: LabelledRows, wanted: int, generator: np.random.Generator) -> LabelledRows:
    """Draw old rows class by class: the shares of the classes stay, and the rarest class keeps a row at least.

    Args:
        old: Old labelled rows.
        wanted: How many; all of them where there are fewer.
        generator: Decides which.

    Returns:
        Rows in file order; their number may differ from `wanted` by the rounding of each class.
    """
    if wanted <= 0 or not len(old):
        return old.take(np.empty(0, np.int64))
    shuffled = generator.permutation(len(old))
    by_class = shuffled[np.argsort(old.gold[shuffled], kind="stable")]
    counts = np.bincount(old.gold)
    rank = np.arange(len(old)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = min(1.0, wanted / len(old))
    quota = np.minimum(counts, np.maximum(np.round(counts * share), counts > 0)).astype(np.int64)
    return old.take(np.sort(by_class[rank < np.repeat(quota, counts)]))


def leave_out(rows: LabelledRows, texts: pl.Series) -> LabelledRows:
    """Rows whose text is none of these, by digests of the text (see `models.training_fingerprints`).

    Args:
        rows: Labelled rows.
        texts: String[N], raw: those that were labelled anew, or that belong to a test set.
    """
    unwanted = np.unique(text_keys(texts)[has_text(texts)])
    return rows.take(np.flatnonzero(~np.isin(text_keys(rows.texts), unwanted)))
