"""The profile of some rows: counts in all and by slice, and a token histogram. Profiles add up exactly.

Everything is a whole number, so merging gives the same bytes in any order and grouping, on any machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from storage.errors import BundleContradiction, PartCorrupt
from storage.profiles.counts import Counts, add_counts, counts_from_json, no_counts
from storage.profiles.tokens import TokenCounts, add_tokens, no_tokens

PROFILE_VERSION: Final = 2
MAX_SLICE_VALUES: Final = 200
"""A column with more values in one unit or in a sum is no slice: it is left out, there and of every sum with it."""

Slices = Mapping[str, Mapping[str, Counts] | None]
"""Column to value to counts; None for a column of too many values."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Statistics of some rows. Build with `measure.profile_of`, add with `merge`.

    Attributes:
        labels: The classes, in the bundle's order.
        total: Counts over all rows.
        slices: Counts by slice column and value; rows without a value are in none.
        tokens: Tokens of the distinct texts.
    """

    labels: tuple[str, ...]
    total: Counts
    slices: Slices
    tokens: TokenCounts

    def to_json_bytes(self, *, with_tokens: bool = True) -> bytes:
        """The profile as JSON; equal profiles give equal bytes.

        Args:
            with_tokens: Take the token histogram along; without it the profile reads back with an empty one.
        """
        flat: dict[str, Any] = {
            "version": PROFILE_VERSION,
            "labels": self.labels,
            "total": self.total.as_dict(),
            "slices": {column: values and _flat(values) for column, values in self.slices.items()},
        }
        if with_tokens:
            flat["tokens"] = self.tokens.as_dict()
        return json.dumps(flat, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_json_bytes(cls, data: bytes) -> Profile:
        """Inverse of `to_json_bytes`.

        Raises:
            PartCorrupt: The bytes are no profile of this version.
        """
        try:
            flat = json.loads(data)
            if flat["version"] != PROFILE_VERSION:
                raise ValueError(f"version {flat['version']}")
            slices = {column: values and _counts(values) for column, values in flat["slices"].items()}
            tokens = TokenCounts.from_dict(flat["tokens"]) if "tokens" in flat else no_tokens()
            return cls(tuple(flat["labels"]), counts_from_json(flat["total"]), slices, tokens)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise PartCorrupt(
                f"a profile can't be read: {error}",
                expected=f"the JSON of a profile of version {PROFILE_VERSION}",
                action="score its unit again",
            ) from error


def empty(labels: Sequence[str]) -> Profile:
    """The profile of no rows: what merging starts from."""
    return Profile(tuple(labels), no_counts(len(labels)), {}, no_tokens())


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
    columns = sorted({column for profile in everything for column in profile.slices})
    return Profile(
        labels,
        add_counts(profile.total for profile in everything),
        {column: _merge_slice([p.slices[column] for p in everything if column in p.slices]) for column in columns},
        add_tokens(profile.tokens for profile in everything),
    )


def _merge_slice(parts: list[Mapping[str, Counts] | None]) -> Mapping[str, Counts] | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    values = sorted({value for part in known for value in part})
    if len(values) > MAX_SLICE_VALUES:  # in any grouping: values never get fewer, and None stays None
        return None
    return {value: add_counts(part[value] for part in known if value in part) for value in values}


def _flat(values: Mapping[str, Counts]) -> dict[str, Any]:
    return {value: counts.as_dict() for value, counts in values.items()}


def _counts(values: Mapping[str, Any]) -> dict[str, Counts]:
    return {value: counts_from_json(flat) for value, flat in values.items()}


def _check_labels(labels: tuple[str, ...], first: tuple[str, ...]) -> None:
    if labels != first:
        raise BundleContradiction(
            f"profiles with the labels {', '.join(labels)} and {', '.join(first)} can't be merged",
            expected="profiles of one bundle",
            action="monitor each bundle on its own",
        )
