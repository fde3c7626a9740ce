"""Long repeats: 哈哈哈哈哈哈, ！！！！！！, [泪][泪][泪][泪]."""

from __future__ import annotations

from functools import partial
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from models.cleaning.columns import SEPARATOR, Transform, join_rows, split_rows
from models.cleaning.rule import RULES, CleaningRule

Codes: TypeAlias = npt.NDArray[np.uint32]
"""Code points of a joined column, shape (n_characters,)."""

MAX_PERIOD: Final = 8
"""Longest unit whose repeats are found, in characters."""

_SEPARATOR_CODE: Final = ord(SEPARATOR)


def squeeze_repeats(texts: pl.Series, max_repeats: int) -> pl.Series:
    """Keep at most the first `max_repeats` of a unit that repeats in a row; digits are left alone.

    Args:
        texts: String series without nulls.
        max_repeats: Most repeats to keep, at least 1.
    """
    codes = _encode(texts)
    rows = _rows_with_repeats(codes, max_repeats)
    if not len(rows):
        return texts
    found = texts.gather(rows)
    codes = _encode(found)
    for period in range(1, MAX_PERIOD + 1):
        codes = _squeeze(codes, period, max_repeats)
    return texts.clone().scatter(rows, split_rows(_decode(codes), len(found)))


def _encode(texts: pl.Series) -> Codes:
    return np.frombuffer(join_rows(texts).encode("utf-32-le"), dtype="<u4")


def _decode(codes: Codes) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def _rows_with_repeats(codes: Codes, max_repeats: int) -> pl.Series:
    """Return the rows that may hold too long a repeat: a quick look that misses none."""
    hits = [_sample_repeats(codes, period, max_repeats) for period in range(1, MAX_PERIOD + 1)]
    separators = np.flatnonzero(codes == _SEPARATOR_CODE)
    return pl.Series(np.unique(np.searchsorted(separators, np.concatenate(hits))), dtype=pl.UInt32)


def _sample_repeats(codes: Codes, period: int, max_repeats: int) -> npt.NDArray[np.intp]:
    """Return positions inside repeats of `period`.

    `max_repeats + 1` units in a row are `max_repeats * period` characters in a row that equal the one a
    period later, so every `period`-th of them, `max_repeats` times, is enough to look at.
    """
    stepped = codes[::period]
    same = stepped[1:] == stepped[:-1]
    run = same[: max(len(same) - max_repeats + 1, 0)].copy()
    for step in range(1, max_repeats):
        run &= same[step : step + len(run)]
    return np.flatnonzero(run) * period


def _squeeze(codes: Codes, period: int, max_repeats: int) -> Codes:
    """Drop the units of `period` characters beyond the first `max_repeats` of each repeat."""
    starts, lengths = _runs(_repeats_itself(codes, period))
    units = 1 + lengths // period
    long = units > max_repeats
    edges = np.zeros(len(codes) + 1, dtype=np.int64)
    np.add.at(edges, starts[long] + max_repeats * period, 1)
    np.add.at(edges, starts[long] + units[long] * period, -1)
    kept: npt.NDArray[np.bool_] = np.cumsum(edges[:-1]) == 0
    return codes[kept]


def _repeats_itself(codes: Codes, period: int) -> npt.NDArray[np.bool_]:
    """Tell which characters equal the one `period` later; shape (max(n_characters - period, 0),)."""
    first = codes[: max(len(codes) - period, 0)]
    digit = (first >= ord("0")) & (first <= ord("9"))
    same: npt.NDArray[np.bool_] = (first == codes[period:]) & ~digit & (first != _SEPARATOR_CODE)
    return same


def _runs(flags: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return where runs of True start and how long they are."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    return starts, ends - starts


def _at_most(max_repeats: int) -> Transform:
    return partial(squeeze_repeats, max_repeats=max_repeats)


RULES.add("max_repeats", CleaningRule(place=100, version=1, make=_at_most, off=0, setting=int))
