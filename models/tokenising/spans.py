"""Spans of characters whose tokens depend on each other (`iphone`, `2019`, `😂😂`), and what is known of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import tokenizers
from numpy.typing import NDArray

from models.tokenising.code_points import CodePoints
from models.tokenising.library import encode_strings

MAX_LETTERS = 32
"""Longer spans are not remembered: they hardly ever come back."""
MAX_KNOWN = 1 << 16
"""Spans remembered at the most; when they are that many, all are forgotten."""
_MAX_IDS = 4 * MAX_KNOWN
_SLOT_BITS = 20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.cumprod(np.full(MAX_LETTERS, _MULTIPLIER), dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class TextSpans:
    """R spans of M characters together.

    Attributes:
        start: int64[R], position of the first character.
        length: int64[R], characters.
        first: int64[R], place of the first character in `codes`.
        codes: uint32[M], the characters of all spans one after the other.
        within: int64[M], place of each character in its span.
    """

    start: NDArray[np.int64]
    length: NDArray[np.int64]
    first: NDArray[np.int64]
    codes: NDArray[np.uint32]
    within: NDArray[np.int64]


def find_spans(points: CodePoints, in_span: NDArray[np.bool_]) -> TextSpans:
    """Find the longest stretches of one document whose characters all belong to spans.

    Args:
        points: Documents of N characters.
        in_span: bool[N], the character belongs to a span.
    """
    places = np.flatnonzero(in_span)
    begins = np.zeros(len(in_span) + 1, np.bool_)
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
    """What the library made of A spans.

    Attributes:
        span: int64[A], which of the spans.
        start: int64[A], where its ids begin.
        count: int64[A], how many they are.
        ids: int32[T].
    """

    span: NDArray[np.int64]
    start: NDArray[np.int64]
    count: NDArray[np.int64]
    ids: NDArray[np.int32]


class SpanEncoder:
    """Encodes spans by the library, and remembers the short ones.

    A span has one slot in a table, by its hash, and whatever was there last is compared with it letter by letter:
    two spans of one slot are encoded again and again, but never taken for each other.

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
        """Spans remembered."""
        return self._known - 1

    def encode(self, spans: TextSpans, text: str) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Encode R spans.

        Args:
            spans: The spans.
            text: What they are spans of.

        Returns:
            `ids` int32[T], those of all spans one after the other, and `lengths` int64[R].
        """
        if not len(spans.start):
            return np.zeros(0, np.int32), np.zeros(0, np.int64)
        with self._lock:
            slots = _slots(spans)
            known = self._slots[slots]
            known[~self._are_same(spans, known)] = 0
            missing = np.flatnonzero(known == 0)
            if not len(missing):
                return self._ids[span_indices(self._start[known], self._count[known])], self._count[known]
            new, number = self._ask(spans, missing, text)
            start, count = self._start[known], self._count[known]
            start[missing], count[missing] = self._used + new.start[number], new.count[number]
            ids = np.concatenate([self._ids[: self._used], new.ids])[span_indices(start, count)]
            self._remember(spans, slots, new)
        return ids, count

    def _are_same(self, spans: TextSpans, known: NDArray[np.int32]) -> NDArray[np.bool_]:
        """bool[R], a span is the one known under a number; none is number 0."""
        row = np.repeat(known.astype(np.int64) * MAX_LETTERS, spans.length)
        letters = self._letters.reshape(-1).take(row + np.minimum(spans.within, MAX_LETTERS - 1))
        same: NDArray[np.bool_] = np.logical_and.reduceat(letters == spans.codes, spans.first)
        same &= self._length[known] == spans.length
        return same

    def _ask(self, spans: TextSpans, missing: NDArray[np.int64], text: str) -> tuple[_EncodedSpans, NDArray[np.int64]]:
        """Let the library encode the missing spans: its output, and int64[missing], the place in it of each span."""
        begins, ends = spans.start[missing], spans.start[missing] + spans.length[missing]
        strings = [text[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
        numbers = {string: number for number, string in enumerate(dict.fromkeys(strings))}
        number = np.fromiter(map(numbers.__getitem__, strings), np.int64, len(strings))
        ids, count = encode_strings(self._backend, list(numbers))
        _, seen = np.unique(number, return_index=True)
        return _EncodedSpans(missing[seen], np.cumsum(count) - count, count, ids), number

    def _remember(self, spans: TextSpans, slots: NDArray[np.int64], new: _EncodedSpans) -> None:
        short = np.flatnonzero(spans.length[new.span] <= MAX_LETTERS)
        span, count = new.span[short], new.count[short]
        total = int(count.sum())
        if self._known + len(span) > MAX_KNOWN or self._used + total > _MAX_IDS:
            self._forget()
            if len(span) >= MAX_KNOWN or total > _MAX_IDS:
                return
        numbers = np.arange(self._known, self._known + len(span))
        letters = span_indices(spans.first[span], spans.length[span])
        self._letters[np.repeat(numbers, spans.length[span]), spans.within[letters]] = spans.codes[letters]
        self._length[numbers], self._count[numbers] = spans.length[span], count
        self._start[numbers] = self._used + np.cumsum(count) - count
        self._ids[self._used : self._used + total] = new.ids[span_indices(new.start[short], count)]
        self._slots[slots[span]] = numbers
        self._known += len(span)
        self._used += total

    def _forget(self) -> None:
        self._slots.fill(0)
        self._known, self._used = 1, 0  # number 0 stands for no span: none has length 0


def span_indices(start: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices `start[i] .. start[i] + count[i]` of all spans, one after the other."""
    ends = np.cumsum(count)
    return np.repeat(start - ends + count, count) + np.arange(ends[-1] if len(ends) else 0)


def _slots(spans: TextSpans) -> NDArray[np.int64]:
    """int64[R], a hash of each span in `_SLOT_BITS` bits."""
    powers = _POWERS.take(np.minimum(spans.within, MAX_LETTERS - 1))
    mixed = np.add.reduceat((spans.codes + np.uint64(1)) * powers, spans.first)
    mixed ^= mixed >> np.uint64(32)
    return ((mixed * _MULTIPLIER) >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
