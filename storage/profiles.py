"""The profile of a unit: small statistics, made while it is scored, that add up exactly.

Every field is a count or an integer sum, so merging gives the same bytes in any order and grouping, on any
machine, and monitoring never reads the raw text again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import BundleContradiction, PartCorrupt
from storage.records import STATUSES, Status

PROFILE_VERSION: Final = 1
CONFIDENCE_BINS: Final = 20
"""Equal-width bins on [0, 1]; a bin holds its lower edge, the last one also 1."""
LENGTH_EDGES: Final = (0, *(2**power for power in range(17)))
"""Lower edges of the length bins, in tokens: 0, 1, 2-3, 4-7, ..., and 65,536 and more."""
PROBABILITY_UNIT: Final = 2.0**-32
"""Sums of probabilities are integers in this unit: float sums depend on their order, integer sums don't."""

Counts = tuple[int, ...]
_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Profile:
    """Statistics of some rows. Build with `profile_of`, add with `merge`.

    Attributes:
        labels: The classes, in the bundle's order; C of them.
        rows: Number of rows.
        statuses: Rows per status, in the order of `STATUSES`.
        duplicates: Rows whose cleaned text had been seen before.
        invalid_utf8: Rows whose bytes were no UTF-8.
        truncated: Rows of which the model did not see everything.
        n_tokens: Sum of tokens.
        n_windows: Sum of windows.
        unk_tokens: Tokens that the vocabulary does not have.
        lengths: Rows per number of tokens, in the bins of `LENGTH_EDGES`.
        class_counts: Rows per predicted class, C numbers.
        confidences: Per predicted class the confidence histogram, C times `CONFIDENCE_BINS`.
        probability_sums: Per class the sum of its probability over all labelled rows, in `PROBABILITY_UNIT`.
    """

    labels: tuple[str, ...]
    rows: int
    statuses: Counts
    duplicates: int
    invalid_utf8: int
    truncated: int
    n_tokens: int
    n_windows: int
    unk_tokens: int
    lengths: Counts
    class_counts: Counts
    confidences: tuple[Counts, ...]
    probability_sums: Counts

    def to_json_bytes(self) -> bytes:
        """The profile as JSON; equal profiles give equal bytes."""
        flat = {"version": PROFILE_VERSION, **asdict(self)}
        return json.dumps(flat, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_json_bytes(cls, data: bytes) -> Profile:
        """Inverse of `to_json_bytes`.

        Raises:
            PartCorrupt: The bytes are no profile of this version.
        """
        try:
            flat = json.loads(data)
            if flat.pop("version") != PROFILE_VERSION or flat.keys() != {field.name for field in fields(cls)}:
                raise ValueError("other fields or another version")
            return cls(**{name: _frozen(value) for name, value in flat.items()})
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise PartCorrupt(
                f"a profile can't be read: {error}",
                expected=f"the JSON of a profile of version {PROFILE_VERSION}",
                action="score its unit again",
            ) from error

    def status_count(self, status: Status) -> int:
        """Rows of one status."""
        return self.statuses[STATUSES.index(status)]


def empty(labels: Sequence[str]) -> Profile:
    """The profile of no rows: what merging starts from."""
    zeros = (0,) * len(labels)
    return Profile(
        labels=tuple(labels),
        rows=0,
        statuses=(0,) * len(STATUSES),
        duplicates=0,
        invalid_utf8=0,
        truncated=0,
        n_tokens=0,
        n_windows=0,
        unk_tokens=0,
        lengths=(0,) * len(LENGTH_EDGES),
        class_counts=zeros,
        confidences=((0,) * CONFIDENCE_BINS,) * len(labels),
        probability_sums=zeros,
    )


def merge(profiles: Iterable[Profile]) -> Profile:
    """Add profiles up. Order and grouping don't matter, to the byte.

    Raises:
        BundleContradiction: The profiles have different labels.
        ValueError: There is no profile, so the labels are not known; start from `empty(labels)`.
    """
    everything = list(profiles)
    if not everything:
        raise ValueError("no profile to merge")
    labels = everything[0].labels
    for profile in everything:
        _check_labels(profile.labels, labels)
    names = [field.name for field in fields(Profile) if field.name != "labels"]
    return Profile(labels, *(_sum([getattr(profile, name) for profile in everything]) for name in names))


def profile_of(
    table: pa.Table, labels: Sequence[str], *, duplicates: int, invalid_utf8: int, unk_tokens: int
) -> Profile:
    """Profile one unit's predictions.

    Args:
        table: Predictions in `PART_SCHEMA`, N rows.
        labels: The bundle's classes, the order of `probs`; C of them.
        duplicates: Rows whose cleaned text had been seen before in the unit.
        invalid_utf8: Rows whose bytes were no UTF-8.
        unk_tokens: Tokens that the vocabulary does not have.

    Returns:
        The unit's profile.

    Raises:
        PartCorrupt: A label that the bundle does not have, a status of no known name, or probabilities that
            are not C finite numbers.
    """
    labelled = table.filter(pc.is_valid(table["label"]))
    classes = _codes(labelled["label"], labels, "label")
    bins = _confidence_bins(labelled["confidence"])
    confidences = np.bincount(classes * CONFIDENCE_BINS + bins, minlength=len(labels) * CONFIDENCE_BINS)
    return Profile(
        labels=tuple(labels),
        rows=table.num_rows,
        statuses=_counts(_codes(table["status"], STATUSES, "status"), len(STATUSES)),
        duplicates=duplicates,
        invalid_utf8=invalid_utf8,
        truncated=pc.sum(table["truncated"]).as_py() or 0,
        n_tokens=pc.sum(table["n_tokens"]).as_py() or 0,
        n_windows=pc.sum(table["n_windows"]).as_py() or 0,
        unk_tokens=unk_tokens,
        lengths=_length_histogram(table["n_tokens"]),
        class_counts=_counts(classes, len(labels)),
        confidences=tuple(tuple(row) for row in confidences.reshape(len(labels), CONFIDENCE_BINS).tolist()),
        probability_sums=_probability_sums(labelled["probs"], len(labels)),
    )


def _codes(column: pa.ChunkedArray, names: Sequence[str], what: str) -> _Integers:
    """Index of each value in `names`, shape (N,)."""
    codes = pc.index_in(column, value_set=pa.array(names, pa.string()))
    if codes.null_count:
        stranger = column.filter(pc.is_null(codes))[0].as_py()
        raise PartCorrupt(
            f"the {what} {stranger!r} is not a known one",
            expected=f"one of {', '.join(names)}",
            action="score the unit again with its bundle",
        )
    return np.asarray(codes.to_numpy(), dtype=np.int64)


def _counts(codes: _Integers, size: int) -> Counts:
    return tuple(np.bincount(codes, minlength=size).tolist())


def _length_histogram(n_tokens: pa.ChunkedArray) -> Counts:
    bins = np.searchsorted(np.asarray(LENGTH_EDGES), n_tokens.to_numpy(), side="right") - 1
    return _counts(bins.astype(np.int64), len(LENGTH_EDGES))


def _confidence_bins(confidence: pa.ChunkedArray) -> _Integers:
    values = np.asarray(confidence.cast(pa.float64()).to_numpy(), dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise PartCorrupt(
            "a labelled row has a confidence that is missing or outside [0, 1]",
            expected="a probability for every labelled row",
            action="score the unit again",
        )
    return np.minimum((values * CONFIDENCE_BINS).astype(np.int64), CONFIDENCE_BINS - 1)


def _probability_sums(probs: pa.ChunkedArray, size: int) -> Counts:
    """Sum over rows of `probs`, C integers in `PROBABILITY_UNIT`."""
    lengths = pc.list_value_length(probs)
    flat = np.asarray(pc.list_flatten(probs).cast(pa.float64()).to_numpy(), dtype=np.float64)
    complete = not lengths.null_count and pc.all(pc.equal(lengths, size), min_count=0).as_py()
    if not complete or not np.isfinite(flat).all():
        raise PartCorrupt(
            "a labelled row has no probabilities, or too few, too many or infinite ones",
            expected=f"{size} finite numbers",
            action="score the unit again",
        )
    units = np.rint(flat / PROBABILITY_UNIT).astype(np.int64).reshape(-1, size)
    return tuple(units.sum(axis=0).tolist())


def _sum(values: list[Any]) -> Any:
    """Add numbers, or tuples of them place by place, to any depth."""
    if isinstance(values[0], tuple):
        return tuple(_sum([*column]) for column in zip(*values, strict=True))
    return sum(values)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _check_labels(labels: tuple[str, ...], first: tuple[str, ...]) -> None:
    if labels != first:
        raise BundleContradiction(
            f"profiles with the labels {', '.join(labels)} and {', '.join(first)} can't be merged",
            expected="profiles of one bundle",
            action="monitor each bundle on its own",
        )
