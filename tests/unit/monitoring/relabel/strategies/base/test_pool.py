from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from monitoring.relabel.strategies.base.pool import Models

TEXTS = pl.Series("text", ["一", "二二"])


def lengths(texts: pl.Series) -> np.ndarray:
    return texts.str.len_chars().to_numpy().astype(np.float32)[:, None]


def test_models_compute_what_is_there() -> None:
    models = Models(lengths, lambda texts: lengths(texts)[None], lambda texts: 2 * lengths(texts))
    assert models.vectors(TEXTS).tolist() == [[1.0], [2.0]]
    assert models.rival_probs(TEXTS).tolist() == [[2.0], [4.0]]


def test_models_that_are_not_there() -> None:
    models = Models(None, lambda texts: lengths(texts)[None], None)
    with pytest.raises(ValueError, match="embeddings are switched off"):
        models.vectors(TEXTS)
    with pytest.raises(ValueError, match="there is no challenger"):
        models.rival_probs(TEXTS)
