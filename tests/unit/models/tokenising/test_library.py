"""The library, asked for flat arrays."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.tokenising.library import CHUNK_DOCS, encode_by_library, encode_strings
from tests.support.networks import WORDS, backend, sentences


def test_strings() -> None:
    ids, lengths = encode_strings(backend(), ["好书", "", "[CLS]"])
    assert ids.tolist() == [WORDS.index("好"), WORDS.index("书"), 1, 1, 1]
    assert lengths.tolist() == [2, 0, 3]
    assert (ids.dtype, lengths.dtype) == (np.int32, np.int64)


@pytest.mark.parametrize("count", [0, 1, CHUNK_DOCS, 2 * CHUNK_DOCS + 1])
def test_a_column_in_chunks(count: int) -> None:
    texts = sentences(count, 3)
    ids, lengths = encode_by_library(backend(), pl.Series(texts, dtype=pl.String))
    assert lengths.tolist() == [len(text) for text in texts]
    assert ids.tolist() == [WORDS.index(letter) for text in texts for letter in text]
