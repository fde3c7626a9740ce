"""Merging profiles is associative and commutative, to the byte."""

from itertools import pairwise
from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from storage.profiles.counts import CONFIDENCE_BINS, LENGTH_EDGES, MARKS, Counts
from storage.profiles.profile import Profile, empty, merge
from storage.profiles.tokens import count_tokens
from storage.records import STATUSES
from tests.support.predictions import LABELS, part_profile, part_table, slot_of, units_of

COUNT = st.integers(0, 2**62)


def counts(size: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[COUNT] * size)


NAMES = (
    *("rows", "duplicates", "invalid_utf8", "truncated", "n_tokens", "n_tokens_squared", "n_windows", "unk_tokens"),
    *("confidence", "confidence_squared", "entropy", "entropy_squared"),
)
COUNTS = st.builds(
    Counts,
    **dict.fromkeys(NAMES, COUNT),
    statuses=counts(len(STATUSES)),
    marks=counts(len(MARKS)),
    lengths=st.just((1,) * len(LENGTH_EDGES)) | st.just((2**60,) * len(LENGTH_EDGES)),
    class_counts=counts(len(LABELS)),
    confidences=st.integers(0, 99).map(lambda count: ((count,) * CONFIDENCE_BINS,) * len(LABELS)),
    probability_sums=counts(len(LABELS)),
)
VALUES = st.none() | st.dictionaries(st.sampled_from(["上海", "北京", ""]), COUNTS, max_size=3)
TOKENS = st.lists(st.integers(0, 30_000), max_size=20).map(lambda ids: count_tokens(np.array(ids, np.int32), len(ids)))
PROFILES = st.builds(
    Profile,
    labels=st.just(LABELS),
    total=COUNTS,
    slices=st.dictionaries(st.sampled_from(["city", "渠道"]), VALUES, max_size=2),
    tokens=TOKENS,
)


@given(PROFILES)
def test_json_round_trip_is_exact(profile: Profile) -> None:
    data = profile.to_json_bytes()
    assert Profile.from_json_bytes(data) == profile
    assert Profile.from_json_bytes(data).to_json_bytes() == data


@given(PROFILES)
def test_empty_is_neutral(profile: Profile) -> None:
    assert merge([profile, empty(LABELS)]) == merge([empty(LABELS), profile]) == merge([profile]) == profile


@given(st.lists(PROFILES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_any_order_and_grouping_gives_the_same_bytes(profiles: list[Profile], random: Random) -> None:
    expected = merge(profiles).to_json_bytes()
    pool = [*profiles]
    while len(pool) > 1:  # a random tree of merges
        random.shuffle(pool)
        size = random.randint(2, len(pool))
        pool = [merge(pool[:size]), *pool[size:]]
    assert pool[0].to_json_bytes() == expected


@given(st.sets(st.integers(1, 499), max_size=12), st.randoms(use_true_random=False))
def test_however_rows_are_cut_the_sum_is_that_of_the_whole(cuts: set[int], random: Random) -> None:
    table = part_table(units_of(slot_of(), 500, 500)[0])

    order = np.random.default_rng(random.randrange(2**32)).permutation(500)
    edges = [0, *sorted(cuts), 500]
    shuffled = table.take(pa.array(order))
    pieces = [shuffled.slice(a, b - a) for a, b in pairwise(edges)]
    assert merge(map(part_profile, pieces)).to_json_bytes() == part_profile(table).to_json_bytes()
