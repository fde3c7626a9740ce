"""What tells a word from a fragment: its parts belong together, its neighbours change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from monitoring.statistics.estimate import Float64, Int64
from monitoring.statistics.grams import ABSENT, EMOJI, Grams, Units

_OPEN: Final = -1
"""Neighbour of a word at the end of a run, where anything might have stood."""


def cohesion(units: Units, levels: Sequence[Grams], grams: Grams, chosen: Int64, first_current: int) -> Float64:
    """Pointwise mutual information of the weakest cut of each n-gram, bits.

    Church & Hanks 1990, Computational Linguistics 16: `log2 (c(ab) N / (c(a) c(b)))`, the least over all cuts into
    a and b, from occurrences in current rows; N is all their units.

    Args:
        units: All units.
        levels: Frequent n-grams of 1, 2, ... units.
        grams: Those of the chosen ones' length.
        chosen: int64[K] numbers of n-grams.
        first_current: Number of the first current row.

    Returns:
        float64[K]; infinite for single units.
    """
    total = float((levels[0].at[units.row >= first_current] != ABSENT).sum())
    start, times = grams.first[chosen], grams.times[chosen]
    weakest = np.full(len(chosen), np.inf)
    for cut in range(1, grams.length):
        left, right = levels[cut - 1], levels[grams.length - cut - 1]
        apart = left.times[left.at[start]].astype(np.float64) * right.times[right.at[start + cut]]
        weakest = np.minimum(weakest, np.log2(times * total / apart))
    return weakest


def branching(units: Units, grams: Grams, chosen: Int64, first_current: int) -> Float64:
    """Entropy of the neighbours of each n-gram, the lower one of the two sides, bits.

    Huang & Powers 2003, "Chinese Word Segmentation Based on Contextual Entropy". Each current row counts a
    neighbour once. Every end of a run counts as a neighbour of its own, and so does an emoji that goes on.

    Args:
        units: All units.
        grams: N-grams.
        chosen: int64[K] numbers of some of them.
        first_current: Number of the first current row.

    Returns:
        float64[K].
    """
    place = np.full(len(grams.first), ABSENT, np.int64)
    place[chosen] = np.arange(len(chosen))
    start = np.flatnonzero((grams.at != ABSENT) & (units.row >= first_current))
    start = start[place[grams.at[start]] != ABSENT]
    number = place[grams.at[start]]
    left = _entropies(number, _neighbours(units, start, start - 1), units.row[start], len(chosen))
    end = start + grams.length - 1
    right = _entropies(number, _neighbours(units, end, end + 1), units.row[start], len(chosen))
    return np.minimum(left, right)


def _neighbours(units: Units, edge: Int64, beside: Int64) -> Int64:
    """The unit beside each edge unit, int64[K], `_OPEN` where the run ends."""
    inside = np.clip(beside, 0, len(units.code) - 1)
    closed = (inside == beside) & (units.run[inside] == units.run[edge])
    closed &= ~((units.code[inside] == units.code[edge]) & (units.kind[units.code[edge]] == EMOJI))
    return np.where(closed, units.code[inside], _OPEN)


def _entropies(number: Int64, neighbour: Int64, row: Int64, size: int) -> Float64:
    """Entropy float64[size] of the neighbours int64[K] of each n-gram int64[K], a row counting each once."""
    kinds = int(neighbour.max()) + 2 if len(neighbour) else 1
    rows = int(row.max()) + 1 if len(row) else 1
    pairs, counts = np.unique(np.unique((number * kinds + neighbour + 1) * rows + row) // rows, return_counts=True)
    of, is_open = pairs // kinds, pairs % kinds == 0
    total = np.bincount(of, counts, minlength=size)
    share = counts / total[of]
    bits = np.where(is_open, share * np.log2(total[of]), -share * np.log2(share))
    return np.asarray(np.bincount(of, bits, minlength=size), np.float64)
