"""Texts that say the same in almost the same characters: people should see one of them.

MinHash of character n-grams (Broder, "On the resemblance and containment of documents", 1997): two texts share a value
of it with a chance that is the Jaccard similarity of their n-grams. Texts that share a whole band of values (Leskovec,
Rajaraman & Ullman, "Mining of Massive Datasets", section 3.4) are compared for good.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

SIMILARITY: Final = 0.75
"""Jaccard similarity of n-grams from which texts are near duplicates."""
GRAM: Final = 2
"""Characters of an n-gram: a Chinese word has two."""
MAX_CHARACTERS: Final = 1_000
"""Of a longer text only the beginning is compared."""
_BANDS, _ROWS = 20, 4
"""A pair at the threshold shares a band with a chance of .9995, one of .3 with one of .15."""
_SEED: Final = 20_260_105
_END: Final = 0x1F
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)


def group_near_duplicates(texts: pl.Series, similarity: float = SIMILARITY) -> NDArray[np.int64]:
    """Put texts that are equal or nearly so into one group.

    Likeness is handed on: of three texts in a row the first and the last may be less alike. A text is like another in
    the order in which they stand, so earlier texts gather later ones.

    Args:
        texts: String[N] without nulls.
        similarity: Jaccard similarity of character n-grams from which texts are near duplicates.

    Returns:
        int64[N], the group of each text, numbered from 0 without gaps.
    """
    if not len(texts):
        return np.zeros(0, np.int64)
    grams = _gram_sets(texts)
    one, other = _pairs(_signatures(grams))
    alike = _jaccard(grams, one, other) >= similarity
    one, other = one[alike], other[alike]
    links = csr_array((np.ones(len(one), np.int8), (one, other)), shape=(len(texts), len(texts)))
    _, groups = connected_components(links, directed=False)
    numbered: NDArray[np.int64] = groups.astype(np.int64)
    return numbered


def _gram_sets(texts: pl.Series) -> csr_array:
    """The distinct n-grams of each text as a matrix of ones, N times V; a text is never without one."""
    cut = texts.str.slice(0, MAX_CHARACTERS)
    lengths = cut.str.len_chars().to_numpy().astype(np.int64) + 1
    joined = "".join((cut + chr(_END)).to_list())
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    following = np.append(points[1:], np.uint64(_END))
    last = np.zeros(len(points), bool)
    last[np.cumsum(lengths) - 1] = True
    row = np.repeat(np.arange(len(texts)), lengths)
    # The mark at a text's end is a character like others: so a single one is an n-gram, too.
    kept = ~last | (np.repeat(lengths, lengths) == 1)
    codes = np.where(last, points, points << np.uint64(21) | following)[kept]
    _, column = np.unique(codes, return_inverse=True)
    matrix = csr_array((np.ones(len(column), np.int32), (row[kept], column)), shape=(len(texts), column.max() + 1))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _signatures(grams: csr_array) -> NDArray[np.uint64]:
    """MinHash values, uint64[N, bands * rows]."""
    rng = np.random.default_rng(_SEED)
    offsets = rng.integers(0, 2**63, _BANDS * _ROWS, np.uint64)
    ids = grams.indices.astype(np.uint64)
    signatures = np.empty((grams.shape[0], len(offsets)), np.uint64)
    for place, offset in enumerate(offsets):
        signatures[:, place] = np.minimum.reduceat(_mixed(ids + offset), grams.indptr[:-1])
    return signatures


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of whole numbers (the finaliser of SplitMix64; Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        values = values * _MULTIPLIER
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _pairs(signatures: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs to compare: in each band, every text with the first one that has the same values there."""
    found = []
    for band in range(_BANDS):
        values = np.ascontiguousarray(signatures[:, band * _ROWS : (band + 1) * _ROWS])
        _, first, which = np.unique(values, axis=0, return_index=True, return_inverse=True)
        leader = first[which.reshape(-1)]
        others = np.flatnonzero(leader != np.arange(len(leader)))
        found.append(np.stack([leader[others], others]))
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)
    return pairs[0], pairs[1]


def _jaccard(grams: csr_array, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
    """`|A ∩ B| / |A ∪ B|` of pairs of rows."""
    if not len(one):
        return np.zeros(0)
    sizes = np.diff(grams.indptr)
    shared = (grams[one] * grams[other]).sum(axis=1)
    similarity: NDArray[np.float64] = shared / (sizes[one] + sizes[other] - shared)
    return similarity
