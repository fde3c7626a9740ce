"""Runs of characters whose tokens depend on each other (`iphone`, `2019`, `😂😂`), and what is known of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import tokenizers
from numpy.typing import NDArray

from models.tokenising.code_points import CodePoints
from models.tokenising.library import encode_strings

MAX_LETTERS = 32
"""Longer runs are not remembered: they hardly ever come back."""
MAX_KNOWN = 1 << 16
"""Runs remembered at the most; when they are that many, all are forgotten."""
_MAX_IDS = 4 * MAX_KNOWN
_SLOT_BITS = 20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.cumprod(np.full(MAX_LETTERS, _MULTIPLIER), dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class TextSpans:
    """R runs of M characters together.

    Attributes:
        start: int64[R], position of the first character.
        length: int64[R], characters.
        first: int64[R], place of the first character in `codes`.
        codes: uint32[M], the characters of all runs one after the other.
        within: int64[M], place of each character in its run.
    """

    start: NDArray[np.int64]
    length: NDArray[np.int64]
    first: NDArray[np.int64]
    codes: NDArray[np.uint32]
    within: NDArray[np.int64]


def find_spans(points: CodePoints, in_run: NDArray[np.bool_]) -> TextSpans:
    """Find the longest stretches of one document that are all run.

    Args:
        points: Documents of N characters.
        in_run: bool[N].
    """
    places = np.flatnonzero(in_run)
    begins = np.zeros(len(in_run) + 1, np.bool_)
    begins[points.offsets] = True
    new = begins[places]
    new[1:] |= places[1:] != places[:-1] + 1
    new[:1] = True
    first = np.flatnonzero(new)
    length = np.diff(first, append=len(places))
    within = np.arange(len(places)) - np.repeat(first, length)
    return TextSpans(places[first], length, first, points.codes[places], within)


@dataclass(frozen=True, slots=True)
class _EncodedSpans:
    """What the library said of A runs.

    Attributes:
        run: int64[A], which of the runs.
        start: int64[A], where its ids begin.
        count: int64[A], how many they are.
        ids: int32[T].
    """

    run: NDArray[np.int64]
    start: NDArray[np.int64]
    count: NDArray[np.int64]
    ids: NDArray[np.int32]


class SpanEncoder:
    """Encodes runs by the library, and remembers the short ones.

    A run has one slot in a table, by its hash, and whatever was there last is compared with it letter by letter:
    two runs of one slot are asked for again and again, but never taken for each other.

    Args:
        backend: The tokenizer.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._slots = np.zeros(1 << _SLOT_BITS, np.int32)
        self._letters = np.zeros((MAX_KNOWN, MAX_LETTERS), np.uint32)
        self._length = np.zeros(MAX_KNOWN, np.int64)
        self._start = np.zeros(MAX_KNOWN, np.int64)
        self._count = np.zeros(MAX_KNOWN, np.int64)
        self._ids = np.zeros(_MAX_IDS, np.int32)
        self._forget()

    @property
    def known(self) -> int:
        """Runs remembered."""
        return self._known - 1

    def encode(self, runs: TextSpans, text: str) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Encode R runs.

        Args:
            runs: The runs.
            text: What they are runs of.

        Returns:
            `ids` int32[T], those of all runs one after the other, and `lengths` int64[R].
        """
        if not len(runs.start):
            return np.zeros(0, np.int32), np.zeros(0, np.int64)
        with self._lock:
            slots = _slots(runs)
            known = self._slots[slots]
            known[~self._are_same(runs, known)] = 0
            missing = np.flatnonzero(known == 0)
            if not len(missing):
                return self._ids[spans(self._start[known], self._count[known])], self._count[known]
            new, number = self._ask(runs, missing, text)
            start, count = self._start[known], self._count[known]
            start[missing], count[missing] = self._used + new.start[number], new.count[number]
            ids = np.concatenate([self._ids[: self._used], new.ids])[spans(start, count)]
            self._remember(runs, slots, new)
        return ids, count

    def _are_same(self, runs: TextSpans, known: NDArray[np.int32]) -> NDArray[np.bool_]:
        """bool[R], a run is the one known under a number; none is number 0."""
        row = np.repeat(known.astype(np.int64) * MAX_LETTERS, runs.length)
        letters = self._letters.reshape(-1).take(row + np.minimum(runs.within, MAX_LETTERS - 1))
        same: NDArray[np.bool_] = np.logical_and.reduceat(letters == runs.codes, runs.first)
        same &= self._length[known] == runs.length
        return same

    def _ask(self, runs: TextSpans, missing: NDArray[np.int64], text: str) -> tuple[_EncodedSpans, NDArray[np.int64]]:
        """Let the library encode the missing runs; their answers, and int64[missing], which is whose."""
        begins, ends = runs.start[missing], runs.start[missing] + runs.length[missing]
        strings = [text[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
        numbers = {string: number for number, string in enumerate(dict.fromkeys(strings))}
        number = np.fromiter(map(numbers.__getitem__, strings), np.int64, len(strings))
        ids, count = encode_strings(self._backend, list(numbers))
        _, seen = np.unique(number, return_index=True)
        return _EncodedSpans(missing[seen], np.cumsum(count) - count, count, ids), number

    def _remember(self, runs: TextSpans, slots: NDArray[np.int64], new: _EncodedSpans) -> None:
        short = np.flatnonzero(runs.length[new.run] <= MAX_LETTERS)
        run, count = new.run[short], new.count[short]
        total = int(count.sum())
        if self._known + len(run) > MAX_KNOWN or self._used + total > _MAX_IDS:
            self._forget()
            if len(run) >= MAX_KNOWN or total > _MAX_IDS:
                return
        numbers = np.arange(self._known, self._known + len(run))
        letters = spans(runs.first[run], runs.length[run])
        self._letters[np.repeat(numbers, runs.length[run]), runs.within[letters]] = runs.codes[letters]
        self._length[numbers], self._count[numbers] = runs.length[run], count
        self._start[numbers] = self._used + np.cumsum(count) - count
        self._ids[self._used : self._used + total] = new.ids[spans(new.start[short], count)]
        self._slots[slots[run]] = numbers
        self._known += len(run)
        self._used += total

    def _forget(self) -> None:
        self._slots.fill(0)
        self._known, self._used = 1, 0  # number 0 is nobody: no run has length 0


def spans(start: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices `start[i] .. start[i] + count[i]` of all spans, one after the other."""
    ends = np.cumsum(count)
    return np.repeat(start - ends + count, count) + np.arange(ends[-1] if len(ends) else 0)


def _slots(runs: TextSpans) -> NDArray[np.int64]:
    """int64[R], a hash of each run in `_SLOT_BITS` bits."""
    powers = _POWERS.take(np.minimum(runs.within, MAX_LETTERS - 1))
    mixed = np.add.reduceat((runs.codes + np.uint64(1)) * powers, runs.first)
    mixed ^= mixed >> np.uint64(32)
    return ((mixed * _MULTIPLIER) >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
