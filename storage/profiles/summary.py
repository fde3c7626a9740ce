"""A summary: the profile of some rows and a sample of them. Summaries add up exactly, as both of its halves do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from storage.profiles.profile import Profile, merge
from storage.profiles.sample import merge_samples


@dataclass(frozen=True, slots=True)
class Summary:
    """What monitoring knows of some rows: a unit's, a day's or many days'.

    Attributes:
        profile: Their statistics.
        sample: Some of them, drawn evenly, in `SAMPLE_SCHEMA`, sorted by key.
    """

    profile: Profile
    sample: pa.Table


def merge_summaries(summaries: Iterable[Summary]) -> Summary:
    """Add summaries up. Order and grouping don't matter, to the byte.

    Raises:
        BundleContradiction: The profiles have different labels.
        ValueError: There is no summary, so the labels are not known.
    """
    everything = list(summaries)
    return Summary(merge(each.profile for each in everything), merge_samples(each.sample for each in everything))
