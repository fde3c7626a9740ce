"""Suspected errors: labels that are probably wrong, which a model that learns from them would repeat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.pool import Arm, Models, Pool, Probabilities
from monitoring.relabel.strategies.base.registry import register
from monitoring.relabel.strategies.base.strategy import Need, Ranking, Strategy
from storage.errors import ExtraMissing
from storage.relabel.arms import SUSPECTED_ARM


@register
class SuspectedErrors(Strategy):
    """Labelled rows by `find_label_errors`."""

    name = SUSPECTED_ARM
    source = "labelled"
    needs = frozenset({Need.LABELS})
    turn = 10

    def rank(
        self, arm: Arm, pool: Pool, models: Models, picked: NDArray[np.int64], rng: np.random.Generator
    ) -> Ranking:
        """The suspected errors alone, the worst first."""
        del models, picked, rng
        order, doubt = find_label_errors(pool.probs[arm.rows], pool.given[arm.rows])
        return Ranking(order, doubt, np.ones(len(arm.rows)), "confident_learning")


def find_label_errors(probs: Probabilities, given: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find labels that confident learning takes for errors.

    Northcutt, Jiang & Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (2021), sections 3.1 and
    3.2: a row is counted for class j when `p_j` reaches the mean `p_j` of the rows labelled j; the counts off the
    diagonal say how many labels are wrong, and those with the smallest probability of their label are taken for them.

    Args:
        probs: Floating[N, C], of a model that did not learn from these labels.
        given: int64[N], class indices.

    Returns:
        Rows with a suspected error int64[K], the worst first, and float64[N], the doubt of every row: `1 - p_given`.

    Raises:
        ExtraMissing: cleanlab is not installed.
    """
    doubt: NDArray[np.float64] = 1.0 - probs.astype(np.float64)[np.arange(len(given)), given]
    if len(np.unique(given)) < 2:  # with one class there is nothing that a label could be confused with
        return np.zeros(0, np.int64), doubt
    try:
        from cleanlab.filter import find_label_issues  # takes two seconds to import
    except ImportError as error:
        raise ExtraMissing(
            "cleanlab is not installed, so suspected label errors can't be found",
            expected="the part `relabel` of yeban",
            action='install it with: pip install -c constraints.txt "yeban[relabel]"',
        ) from error
    whole = probs.astype(np.float64)
    found = find_label_issues(
        given,
        whole / whole.sum(axis=1, keepdims=True),
        filter_by="confident_learning",
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    return np.asarray(found, np.int64), doubt
