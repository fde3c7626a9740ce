from __future__ import annotations

import numpy as np
import pytest
from scipy.special import rel_entr
from sklearn.feature_extraction.text import TfidfTransformer

from monitoring.statistics.documents import Documents
from monitoring.statistics.term_weights import compare_term_weights


def _documents(rng: np.random.Generator, count: int, first: int = 0, size: int = 200) -> Documents:
    lengths = rng.integers(5, 20, count)
    ids = first + np.minimum(rng.zipf(1.3, lengths.sum()), size)
    return Documents(ids, np.concatenate([[0], np.cumsum(lengths)]))


def _table(*sides: Documents, size: int) -> np.ndarray:
    rows = []
    for side in sides:
        for start, stop in zip(side.offsets[:-1], side.offsets[1:], strict=True):
            rows.append(np.bincount(side.ids[start:stop], minlength=size))
    return np.array(rows)


def test_it_is_the_divergence_of_the_mean_weights_that_sklearn_makes() -> None:
    rng = np.random.default_rng(1)
    before, now = _documents(rng, 40), _documents(rng, 30)
    table = _table(before, now, size=201)
    table = table[:, table.sum(axis=0) > 0]
    weights = TfidfTransformer(norm="l1", smooth_idf=True).fit_transform(table).toarray()
    sides = [weights[:40].mean(axis=0), weights[40:].mean(axis=0)]
    p, q = [(side + 1e-3 / table.shape[1]) / (side + 1e-3 / table.shape[1]).sum() for side in sides]
    assert compare_term_weights(before, now, rng).value == pytest.approx(rel_entr(q, p).sum(), abs=1e-9)


def test_unchanged_documents_are_within_the_band() -> None:
    rng = np.random.default_rng(2)
    got = [compare_term_weights(_documents(rng, 120), _documents(rng, 80), rng, permutations=79) for _ in range(40)]
    p_values = np.array([each.p_value for each in got])
    assert (p_values < 0.05).sum() <= 6  # 2 expected
    assert 0.25 <= (p_values < 0.5).mean() <= 0.75


def test_a_new_topic_is_found() -> None:
    rng = np.random.default_rng(3)
    mixed = [_documents(rng, 150), _documents(rng, 30, first=150)]
    ids = np.concatenate([each.ids for each in mixed])
    lengths = np.concatenate([np.diff(each.offsets) for each in mixed])
    now = Documents(ids, np.concatenate([[0], np.cumsum(lengths)]))
    got = compare_term_weights(_documents(rng, 200), now, rng)
    assert got.p_value < 1e-4
    assert got.low > 0
    assert got.value > got.null_high


def test_few_documents_say_nothing() -> None:
    rng = np.random.default_rng(4)
    empty = Documents(np.zeros(0, np.int64), np.zeros(1, np.int64))
    assert "16 documents" in compare_term_weights(_documents(rng, 100), _documents(rng, 5), rng).reason
    assert compare_term_weights(empty, empty, rng).reason
