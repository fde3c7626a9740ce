"""How often each token of the vocabulary came up: a sparse histogram."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_LEVEL: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class TokenCounts:
    """Tokens of some texts, each distinct text of a unit counted once: a text sent a thousand times is no drift.

    Attributes:
        ids: int32[K], tokens that came up, ascending.
        counts: int64[K], how often.
        texts: Number of texts.
    """

    ids: NDArray[np.int32]
    counts: NDArray[np.int64]
    texts: int

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TokenCounts)
            and self.texts == other.texts
            and np.array_equal(self.ids, other.ids)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays can change

    @property
    def total(self) -> int:
        """Number of tokens."""
        return int(self.counts.sum())

    def dense(self, size: int) -> NDArray[np.int64]:
        """int64[size], the count of every token of a vocabulary."""
        counts = np.zeros(size, np.int64)
        counts[self.ids] = self.counts
        return counts

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form: numbers as zlib in base64, little-endian, ids as steps from one to the next."""
        steps = np.diff(self.ids, prepend=np.int32(0))
        return {"ids": _pack(steps, "<i4"), "counts": _pack(self.counts, "<i8"), "texts": self.texts}

    @classmethod
    def from_dict(cls, flat: dict[str, Any]) -> TokenCounts:
        """Inverse of `as_dict`.

        Raises:
            KeyError, TypeError, ValueError: It is not what `as_dict` makes.
        """
        ids = np.cumsum(_unpack(flat["ids"], "<i4")).astype(np.int32)
        counts = _unpack(flat["counts"], "<i8").astype(np.int64)
        if len(ids) != len(counts):
            raise ValueError("token ids and counts of different lengths")
        return cls(ids, counts, int(flat["texts"]))


def no_tokens() -> TokenCounts:
    """The histogram of no text."""
    return TokenCounts(np.zeros(0, np.int32), np.zeros(0, np.int64), 0)


def count_tokens(ids: NDArray[np.int32], texts: int) -> TokenCounts:
    """Count the tokens int32[T] of some texts."""
    counts = np.bincount(ids) if len(ids) else np.zeros(0, np.int64)
    used = np.flatnonzero(counts)
    return TokenCounts(used.astype(np.int32), counts[used].astype(np.int64), texts)


def add_tokens(tokens: Iterable[TokenCounts]) -> TokenCounts:
    """Add histograms up."""
    everything = list(tokens)
    size = max((int(each.ids[-1]) + 1 for each in everything if len(each.ids)), default=0)
    summed = np.zeros(size, np.int64)
    for each in everything:
        summed[each.ids] += each.counts
    used = np.flatnonzero(summed)
    return TokenCounts(used.astype(np.int32), summed[used], sum(each.texts for each in everything))


def _pack(numbers: NDArray[np.integer[Any]], kind: str) -> str:
    return base64.b64encode(zlib.compress(numbers.astype(kind).tobytes(), _LEVEL)).decode("ascii")


def _unpack(text: str, kind: str) -> NDArray[Any]:
    try:
        return np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), kind)
    except zlib.error as error:
        raise ValueError(f"damaged numbers: {error}") from error
