"""Runs of characters cut into n-grams, in columns: which occur in which rows, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from monitoring.statistics.estimate import Int64

_EMOJI: Final = (
    r"[\x{1F1E6}-\x{1F1FF}]{2}"
    r"|\p{Extended_Pictographic}[\x{FE0F}\x{1F3FB}-\x{1F3FF}]*"
    r"(?:\x{200D}\p{Extended_Pictographic}[\x{FE0F}\x{1F3FB}-\x{1F3FF}]*)*"
)
_UNIT: Final = rf"\p{{Han}}|[\p{{Latin}}0-9]+|{_EMOJI}|(?s:.)"
"""A Han character, a Latin word or number, an emoji with all that is joined to it; anything else ends a run."""

BREAK: Final = 0
HAN: Final = 1
LATIN: Final = 2
NUMBER: Final = 3
EMOJI: Final = 4

ABSENT: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """All units of all texts, one after the other.

    Attributes:
        code: int64[P], the number of each unit in `texts`.
        row: int64[P], the text it stands in.
        run: int64[P]; units of one run can be a word together, those of different runs can't.
        texts: The different units, V of them.
        kind: int64[V], what each is.
    """

    code: Int64
    row: Int64
    run: Int64
    texts: NDArray[np.object_]
    kind: Int64

    def text(self, start: int, length: int) -> str:
        """The characters of `length` units from position `start` on."""
        return "".join(self.texts[self.code[start : start + length]])


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """The n-grams of one length that enough rows hold; G of them.

    Attributes:
        length: Units in each.
        at: int64[P], the n-gram that starts at each position, `ABSENT` where none of these does.
        rows_now: int64[G], current rows that hold it.
        rows_before: int64[G], reference rows that hold it.
        times: int64[G], how often it stands in current rows.
        first: int64[G], a position in a current row where it starts.
    """

    length: int
    at: Int64
    rows_now: Int64
    rows_before: Int64
    times: Int64
    first: Int64


def cut_units(texts: Sequence[str] | pl.Series) -> Units:
    """Cut texts into units; Latin letters are lowered."""
    column = pl.Series("unit", texts, dtype=pl.String).str.to_lowercase()
    frame = pl.DataFrame({"row": np.arange(len(column)), "unit": column.str.extract_all(_UNIT)})
    frame = frame.explode("unit").drop_nulls()
    different = frame.select(pl.col("unit").unique(maintain_order=True)).with_row_index("code")
    codes = frame.join(different, on="unit", how="left", maintain_order="left")
    code, row = codes["code"].to_numpy().astype(np.int64), codes["row"].to_numpy().astype(np.int64)
    kind = _kinds(different["unit"])
    group = np.where(kind == EMOJI, 2, np.where(kind == BREAK, 0, 1))[code]
    new = np.ones(len(code), np.bool_)
    new[1:] = (row[1:] != row[:-1]) | (group[1:] != group[:-1]) | (group[1:] == 0)
    return Units(code, row, np.cumsum(new), different["unit"].to_numpy().astype(object), kind)


def _kinds(units: pl.Series) -> Int64:
    patterns = {HAN: r"^\p{Han}$", LATIN: r"^[\p{Latin}0-9]*\p{Latin}[\p{Latin}0-9]*$", NUMBER: r"^[0-9]+$"}
    kind = np.where(units.str.contains(rf"^(?:{_EMOJI})$").to_numpy(), EMOJI, BREAK).astype(np.int64)
    for number, pattern in patterns.items():
        kind[units.str.contains(pattern).to_numpy()] = number
    return kind


def frequent_grams(units: Units, first_current: int, min_rows: int, max_length: int) -> tuple[Grams, ...]:
    """Find the n-grams of 1 to `max_length` units that at least `min_rows` current rows hold.

    An n-gram is looked at only where both its shorter ones are frequent (Agrawal & Srikant 1994), so the work
    falls off with the length.

    Args:
        units: Of the reference rows, then of the current ones.
        first_current: Number of the first current row.
        min_rows: Least number of current rows.
        max_length: Longest n-gram.
    """
    starts = np.flatnonzero(units.kind[units.code] != BREAK)
    found = [_count(units, starts, units.code[starts], 1, first_current, min_rows)]
    while len(found) < max_length:
        shorter, length = found[-1], len(found) + 1
        starts = np.flatnonzero(shorter.at[: len(shorter.at) - 1] != ABSENT)
        starts = starts[shorter.at[starts + 1] != ABSENT]
        starts = starts[starts + length <= len(units.code)]
        starts = starts[units.run[starts] == units.run[starts + length - 1]]
        key = shorter.at[starts] * len(units.texts) + units.code[starts + length - 1]
        found.append(_count(units, starts, key, length, first_current, min_rows))
    return tuple(found)


def _count(units: Units, starts: Int64, key: Int64, length: int, first_current: int, min_rows: int) -> Grams:
    """Count rows of the n-grams int64[K] `key` at positions `starts`, and keep the frequent ones."""
    _, gram = np.unique(key, return_inverse=True)
    size = int(gram.max()) + 1 if len(gram) else 0
    rows = int(units.row[-1]) + 1 if len(units.row) else 1
    held = _different(gram * rows + units.row[starts])
    is_now = held % rows >= first_current
    now = np.bincount(held[is_now] // rows, minlength=size)
    number = np.where(now >= min_rows, np.cumsum(now >= min_rows) - 1, ABSENT)
    at = np.full(len(units.code), ABSENT, np.int64)
    at[starts] = number[gram]
    before = np.bincount(held[~is_now] // rows, minlength=size)
    current = starts[(units.row[starts] >= first_current) & (at[starts] != ABSENT)]
    kept = now >= min_rows
    first = np.zeros(int(kept.sum()), np.int64)
    first[at[current][::-1]] = current[::-1]
    return Grams(length, at, now[kept], before[kept], np.bincount(at[current], minlength=len(first)), first)


def _different(keys: Int64) -> Int64:
    """The different keys in order; by sorting, which is several times faster here than `np.unique`'s hashing."""
    keys = np.sort(keys)
    different: Int64 = keys[np.diff(keys, prepend=ABSENT) != 0]
    return different
