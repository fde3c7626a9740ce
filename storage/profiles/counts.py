"""Counts of some rows: whole numbers only, so that they add up exactly, whatever the order and the machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final

from storage.records import STATUSES

CONFIDENCE_BINS: Final = 20
"""Equal-width bins on [0, 1]; a bin holds its lower edge, the last one also 1."""
LENGTH_EDGES: Final = (0, *(2**power for power in range(17)))
"""Lower edges of the length bins, in tokens: 0, 1, 2-3, 4-7, ..., and 65,536 and more."""
UNIT: Final = 2.0**-32
"""Sums of probabilities and entropies are integers in this unit: float sums depend on their order."""
MARKS: Final = ("url", "mention", "topic", "emoji", "html")
"""What may be in a text: four of them as people wrote it, `html` in what cleaning left."""

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts over some rows, of C classes.

    Attributes:
        rows: Number of rows.
        statuses: Rows per status, in the order of `STATUSES`.
        duplicates: Rows whose cleaned text had been seen before in their unit.
        invalid_utf8: Rows whose bytes were no UTF-8.
        truncated: Rows of which the model did not see everything.
        n_tokens: Sum of tokens.
        n_tokens_squared: Sum of the squares of tokens per row.
        n_windows: Sum of windows.
        unk_tokens: Tokens that the vocabulary does not have.
        marks: Rows that have each of `MARKS`.
        lengths: Rows per number of tokens, in the bins of `LENGTH_EDGES`.
        class_counts: Rows per predicted class, C numbers.
        confidences: Per predicted class the confidence histogram, C times `CONFIDENCE_BINS`.
        probability_sums: Per class the sum of its probability over all labelled rows, in `UNIT`.
        confidence: Sum of the confidence over all labelled rows, in `UNIT`.
        confidence_squared: Sum of its square, in `UNIT`.
        entropy: Sum of the entropy in nats over all labelled rows, in `UNIT`.
        entropy_squared: Sum of its square, in `UNIT`.
    """

    rows: int
    statuses: Numbers
    duplicates: int
    invalid_utf8: int
    truncated: int
    n_tokens: int
    n_tokens_squared: int
    n_windows: int
    unk_tokens: int
    marks: Numbers
    lengths: Numbers
    class_counts: Numbers
    confidences: tuple[Numbers, ...]
    probability_sums: Numbers
    confidence: int
    confidence_squared: int
    entropy: int
    entropy_squared: int

    @property
    def labelled(self) -> int:
        """Rows that have a label."""
        return sum(self.class_counts)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form. `dataclasses.asdict` copies every number: a fifteenth of the time of a load."""
        return {field.name: getattr(self, field.name) for field in _FIELDS}


def no_counts(classes: int) -> Counts:
    """The counts of no rows: what adding starts from."""
    sizes = {"statuses": len(STATUSES), "marks": len(MARKS), "lengths": len(LENGTH_EDGES)}
    sizes |= dict.fromkeys(("class_counts", "probability_sums"), classes)
    values: dict[str, Any] = {field.name: (0,) * sizes[field.name] if field.name in sizes else 0 for field in _FIELDS}
    return Counts(**{**values, "confidences": ((0,) * CONFIDENCE_BINS,) * classes})


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Add counts up; there must be at least one, and all of the same classes."""
    everything = list(counts)
    return Counts(*(_sum([getattr(each, field.name) for each in everything]) for field in _FIELDS))


def counts_from_json(flat: dict[str, Any]) -> Counts:
    """Read what `Counts.as_dict` and JSON made of counts.

    Raises:
        TypeError: Fields are missing or unknown.
    """
    return Counts(**{name: _frozen(value) for name, value in flat.items()})


_FIELDS: Final = fields(Counts)


def _sum(values: list[Any]) -> Any:
    """Add numbers, or tuples of them place by place, to any depth."""
    if isinstance(values[0], tuple):
        return tuple(_sum([*column]) for column in zip(*values, strict=True))
    return sum(values)


def _frozen(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return tuple(map(_frozen, value)) if value and isinstance(value[0], list) else tuple(value)
