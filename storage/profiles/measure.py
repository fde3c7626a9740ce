"""From a unit's predictions to its profile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storage.errors import PartCorrupt
from storage.profiles.counts import CONFIDENCE_BINS, LENGTH_EDGES, UNIT, Counts
from storage.profiles.profile import MAX_SLICE_VALUES, Profile
from storage.profiles.tokens import TokenCounts
from storage.records import STATUSES

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the predictions of N rows don't say themselves.

    Attributes:
        duplicate: bool[N], the cleaned text had been seen before in the unit.
        invalid_utf8: bool[N], the bytes were no UTF-8.
        n_unknown: int32[N], tokens that the vocabulary does not have.
        marks: bool[N, M], which of `MARKS` each row has.
        tokens: Tokens of the distinct texts.
    """

    duplicate: NDArray[np.bool_]
    invalid_utf8: NDArray[np.bool_]
    n_unknown: NDArray[np.int32]
    marks: NDArray[np.bool_]
    tokens: TokenCounts


def profile_of(table: pa.Table, labels: Sequence[str], facts: RowFacts) -> Profile:
    """Profile one unit's predictions.

    Args:
        table: Predictions in `PART_SCHEMA`, N rows.
        labels: The bundle's classes, the order of `probs`; C of them.
        facts: What the predictions don't say.

    Raises:
        PartCorrupt: A label that the bundle does not have, a status of no known name, or probabilities that
            are not C finite numbers.
    """
    rows = _Rows.of(table, labels, facts)
    (total,) = rows.counts(np.zeros(table.num_rows, np.int64), 1)
    slices: dict[str, dict[str, Counts] | None] = {}
    for column, chosen, groups, values in _slices(table["slices"]):
        if len(values) > MAX_SLICE_VALUES:
            slices[column] = None
        else:
            slices[column] = dict(zip(values, rows.take(chosen).counts(groups, len(values)), strict=True))
    return Profile(tuple(labels), total, slices, facts.tokens)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Everything that is counted, a row each; `numbers` holds what is summed, in the order of `_SUMMED`."""

    status: Integers
    length_bin: Integers
    label: Integers
    confidence_bin: Integers
    marks: Integers
    probs: Integers
    numbers: Integers

    @classmethod
    def of(cls, table: pa.Table, labels: Sequence[str], facts: RowFacts) -> _Rows:
        labelled = np.asarray(pc.is_valid(table["label"]).to_numpy(), np.bool_)
        label = np.full(len(labelled), -1, np.int64)
        label[labelled] = _codes(table["label"].filter(table["label"].is_valid()), labels, "label")
        n_tokens = table["n_tokens"].to_numpy().astype(np.int64)
        confidence, entropy = (_spread(table[name], labelled) for name in ("confidence", "entropy"))
        _check_confidence(confidence[labelled])
        columns = (
            facts.duplicate,
            facts.invalid_utf8,
            table["truncated"].to_numpy(),
            n_tokens,
            n_tokens**2,
            table["n_windows"].to_numpy(),
            facts.n_unknown,
            _in_units(np.nan_to_num(confidence)),
            _in_units(np.nan_to_num(confidence) ** 2),
            _in_units(np.nan_to_num(entropy)),
            _in_units(np.nan_to_num(entropy) ** 2),
        )
        return cls(
            status=_codes(table["status"], STATUSES, "status"),
            length_bin=np.searchsorted(np.asarray(LENGTH_EDGES), n_tokens, side="right") - 1,
            label=label,
            confidence_bin=np.minimum(
                (np.nan_to_num(confidence) * CONFIDENCE_BINS).astype(np.int64), CONFIDENCE_BINS - 1
            ),
            marks=facts.marks.astype(np.int64),
            probs=_probs(table["probs"], labelled, len(labels)),
            numbers=np.stack([np.asarray(column, np.int64) for column in columns], axis=1),
        )

    def take(self, chosen: Integers) -> _Rows:
        return _Rows(*(getattr(self, name)[chosen] for name in self.__slots__))

    def counts(self, groups: Integers, size: int) -> list[Counts]:
        """Counts of each of `size` groups; `groups` int64[N] says which one a row is in."""
        classes = self.probs.shape[1]
        labelled = self.label >= 0
        cell = self.label[labelled] * CONFIDENCE_BINS + self.confidence_bin[labelled]
        confidences = _histogram(groups[labelled], cell, size, classes * CONFIDENCE_BINS)
        confidences = confidences.reshape(size, classes, CONFIDENCE_BINS)
        statuses = _histogram(groups, self.status, size, len(STATUSES))
        lengths = _histogram(groups, self.length_bin, size, len(LENGTH_EDGES))
        marks, probs, numbers = (_sums(groups, each, size) for each in (self.marks, self.probs, self.numbers))
        return [
            Counts(
                rows=int(statuses[group].sum()),
                statuses=_numbers(statuses[group]),
                marks=_numbers(marks[group]),
                lengths=_numbers(lengths[group]),
                class_counts=_numbers(confidences[group].sum(axis=1)),
                confidences=tuple(_numbers(row) for row in confidences[group]),
                probability_sums=_numbers(probs[group]),
                **dict(zip(_SUMMED, _numbers(numbers[group]), strict=True)),
            )
            for group in range(size)
        ]


_SUMMED: Final = (
    "duplicates",
    "invalid_utf8",
    "truncated",
    "n_tokens",
    "n_tokens_squared",
    "n_windows",
    "unk_tokens",
    "confidence",
    "confidence_squared",
    "entropy",
    "entropy_squared",
)


def _slices(column: pa.ChunkedArray) -> Iterator[tuple[str, Integers, Integers, list[str]]]:
    """Per slice column: its name, R rows that have a value, the places of their values, int64[R] both, the values."""
    maps = column.combine_chunks()
    if isinstance(maps, pa.ChunkedArray):
        maps = maps.chunk(0) if maps.num_chunks else pa.array([], column.type)
    row = np.repeat(np.arange(len(maps)), np.diff(maps.offsets.to_numpy()))
    first, last = (maps.offsets[0].as_py(), maps.offsets[-1].as_py()) if len(maps) else (0, 0)
    keys, items = maps.keys[first:last], maps.items[first:last]
    for name in sorted(pc.unique(keys).to_pylist()):
        here = np.flatnonzero(np.asarray(pc.and_(pc.equal(keys, name), pc.is_valid(items))))
        encoded = items.take(pa.array(here)).dictionary_encode()
        yield name, row[here], np.asarray(encoded.indices, np.int64), encoded.dictionary.to_pylist()


def _histogram(groups: Integers, codes: Integers, size: int, width: int) -> Integers:
    return np.bincount(groups * width + codes, minlength=size * width).reshape(size, width)


def _sums(groups: Integers, values: Integers, size: int) -> Integers:
    sums = np.zeros((size, values.shape[1]), np.int64)
    np.add.at(sums, groups, values)
    return sums


def _numbers(values: NDArray[Any]) -> tuple[int, ...]:
    return tuple(values.tolist())


def _in_units(values: NDArray[np.float64]) -> Integers:
    return np.rint(values / UNIT).astype(np.int64)


def _spread(column: pa.ChunkedArray, labelled: NDArray[np.bool_]) -> NDArray[np.float64]:
    """float64[N], NaN where a row has no label."""
    values = np.asarray(column.cast(pa.float64()).to_numpy(), np.float64)
    return np.where(labelled, values, np.nan)


def _check_confidence(values: NDArray[np.float64]) -> None:
    if not ((values >= 0) & (values <= 1)).all():
        raise PartCorrupt(
            "a labelled row has a confidence that is missing or outside [0, 1]",
            expected="a probability for every labelled row",
            action="score the unit again",
        )


def _codes(column: pa.ChunkedArray, names: Sequence[str], what: str) -> Integers:
    """Index of each value in `names`, int64[N]."""
    codes = pc.index_in(column, value_set=pa.array(names, pa.string()))
    if codes.null_count:
        stranger = column.filter(pc.is_null(codes))[0].as_py()
        raise PartCorrupt(
            f"the {what} {stranger!r} is not a known one",
            expected=f"one of {', '.join(names)}",
            action="score the unit again with its bundle",
        )
    return np.asarray(codes.to_numpy(), dtype=np.int64)


def _probs(column: pa.ChunkedArray, labelled: NDArray[np.bool_], classes: int) -> Integers:
    """int64[N, C] in `UNIT`, zeros where a row has no label."""
    wanted = column.filter(pa.array(labelled))
    lengths = pc.list_value_length(wanted)
    flat = np.asarray(pc.list_flatten(wanted).cast(pa.float64()).to_numpy(), dtype=np.float64)
    complete = not lengths.null_count and pc.all(pc.equal(lengths, classes), min_count=0).as_py()
    if not complete or not np.isfinite(flat).all():
        raise PartCorrupt(
            "a labelled row has no probabilities, or too few, too many or infinite ones",
            expected=f"{classes} finite numbers",
            action="score the unit again",
        )
    probs = np.zeros((len(labelled), classes), np.int64)
    probs[labelled] = _in_units(flat.reshape(-1, classes))
    return probs
