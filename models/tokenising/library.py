"""The tokenizers library, asked for flat arrays: right for every tokenizer, and slow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import polars as pl
import tokenizers
from numpy.typing import NDArray

CHUNK_DOCS = 2048
"""Documents encoded at once: Encoding objects are large, so they must not pile up."""


def encode_by_library(backend: tokenizers.Tokenizer, texts: pl.Series) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Encode a column without special tokens, whatever the tokenizer.

    Args:
        backend: The tokenizer, without truncation and padding.
        texts: String[D] without nulls.

    Returns:
        `ids` int32[T], all documents one after the other, and `lengths` int64[D].
    """
    parts = [
        encode_strings(backend, texts.slice(first, CHUNK_DOCS).to_list()) for first in range(0, len(texts), CHUNK_DOCS)
    ]
    ids = [part[0] for part in parts] or [np.zeros(0, np.int32)]
    lengths = [part[1] for part in parts] or [np.zeros(0, np.int64)]
    return np.concatenate(ids), np.concatenate(lengths)


def encode_strings(
    backend: tokenizers.Tokenizer, strings: Sequence[str]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Encode strings in one batch; the library uses all cores for it and lets other threads run.

    Args:
        backend: The tokenizer, without truncation and padding.
        strings: S strings, not so many that their Encoding objects are a burden.

    Returns:
        `ids` int32[T] and `lengths` int64[S].
    """
    encoded = [each.ids for each in backend.encode_batch_fast(strings, add_special_tokens=False)]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    return np.fromiter(chain.from_iterable(encoded), np.int32, int(lengths.sum())), lengths
