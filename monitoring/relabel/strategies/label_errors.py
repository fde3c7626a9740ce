"""Labels that are probably wrong: people err, and a model that learns from their errors repeats them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.uncertainty import Probabilities
from storage.errors import ExtraMissing


def doubtful_labels(probs: Probabilities, given: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find labels that confident learning takes for errors.

    Northcutt, Jiang & Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (2021), sections 3.1 and
    3.2: a row is counted for class j when `p_j` reaches the mean `p_j` of the rows labelled j; the counts off the
    diagonal say how many labels are wrong, and those with the smallest probability of their label are taken for them.

    Args:
        probs: Floating[N, C], of a model that did not learn from these labels.
        given: int64[N], class indices.

    Returns:
        The doubtful rows int64[K], the worst first, and float64[N], the doubt of every row: `1 - p_given`.

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
