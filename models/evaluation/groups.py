"""The same scores for each group of rows: a source, a topic, a client."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.evaluation.classification import confusion_counts, macro_scores
from models.evaluation.intervals import wilson
from models.evaluation.predictions import Predictions
from models.evaluation.record import GroupScores
from storage.errors import InputError


def group_scores(predictions: Predictions, groups: Sequence[str], rng: np.random.Generator) -> tuple[GroupScores, ...]:
    """Score each group by itself, largest first, equals by name.

    Args:
        predictions: N rows.
        groups: N names.
        rng: Source of the bootstrap replicates.

    Raises:
        InputError: Not one name for each row.
    """
    if len(groups) != len(predictions.gold):
        raise InputError(
            f"{len(groups)} groups for {len(predictions.gold)} rows",
            expected="one group for each row",
            action="take the groups from the same rows as the labels",
        )
    names, of_row, sizes = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True, return_counts=True)
    rows = np.split(np.argsort(of_row, kind="stable"), np.cumsum(sizes)[:-1])
    order = np.argsort(-sizes, kind="stable")
    return tuple(_score(predictions.take(rows[g]), str(names[g]), rng) for g in order)


def _score(predictions: Predictions, group: str, rng: np.random.Generator) -> GroupScores:
    counts = confusion_counts(predictions.gold, predictions.predicted, predictions.probs.shape[1])
    occurs = (counts.sum(axis=1) + counts[:, :-1].sum(axis=0)) > 0
    rows, correct = len(predictions.gold), int(predictions.correct.sum())
    return GroupScores(
        group=group,
        rows=rows,
        unscored=int((~predictions.scored).sum()),
        correct=correct,
        accuracy=wilson(correct, rows),
        macro_f1=macro_scores(counts, occurs, rng).f1,
    )
