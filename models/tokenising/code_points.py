"""A column of texts as one array of code points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

PIECE_CHARACTERS = 1 << 18
"""Characters looked at in one go: what is computed for each still fits the processor's cache."""


@dataclass(frozen=True, slots=True)
class CodePoints:
    """Some documents of a column, one after the other.

    Attributes:
        text: Their characters, N of them.
        codes: uint32[N], the same as code points.
        offsets: int64[D + 1], document d is `offsets[d]:offsets[d + 1]` of both.
    """

    text: str
    codes: NDArray[np.uint32]
    offsets: NDArray[np.int64]

    def documents_of(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Documents that hold some positions, each once, ascending."""
        return np.unique(np.searchsorted(self.offsets, positions, side="right") - 1)


def decode_pieces(texts: pl.Series) -> Iterator[tuple[pl.Series, CodePoints]]:
    """Decode a column piece by piece.

    Args:
        texts: String[D] without nulls.

    Yields:
        Neighbouring documents of about `PIECE_CHARACTERS` characters (a longer document is a piece of its
        own), as they came and as code points.
    """
    ends = np.cumsum(texts.str.len_chars().to_numpy(), dtype=np.int64)
    first = 0
    while first < len(texts):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + PIECE_CHARACTERS, side="right")))
        piece = texts.slice(first, last - first)
        yield piece, _decode(piece, np.concatenate([[0], ends[first:last] - done]))
        first = last


def _decode(texts: pl.Series, offsets: NDArray[np.int64]) -> CodePoints:
    column = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, places, characters = column.buffers()
    bounds = np.frombuffer(places, np.int64)[column.offset : column.offset + len(column) + 1]
    text = str(memoryview(characters)[bounds[0] : bounds[-1]], "utf-8") if characters else ""
    return CodePoints(text, np.frombuffer(text.encode("utf-32-le"), "<u4"), offsets)
