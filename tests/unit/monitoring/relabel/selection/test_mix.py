from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.relabel.selection.mix import DEFAULT_MIX, deal, deal_to_strata
from monitoring.relabel.strategies.base.registry import STRATEGIES


def test_the_usual_mix_of_five_hundred() -> None:
    assert deal(500, DEFAULT_MIX) == {"margin": 300, "suspected_errors": 75, "random": 125}
    assert set(DEFAULT_MIX) <= set(STRATEGIES.names())


@given(st.integers(0, 1000), st.dictionaries(st.text(max_size=3), st.floats(0.01, 5), min_size=1, max_size=6))
def test_all_is_dealt_and_each_gets_its_share_within_one(budget: int, shares: dict[str, float]) -> None:
    dealt = deal(budget, shares)
    assert sum(dealt.values()) == budget
    for name, share in shares.items():
        assert abs(dealt[name] - budget * share / sum(shares.values())) < 1 + 1e-9


def test_strata_get_the_square_roots_of_their_sizes() -> None:
    assert deal_to_strata(60, {"a": 10_000, "b": 2_500, "c": 0}) == {"a": 40, "b": 20, "c": 0}


def test_what_a_small_stratum_lacks_goes_to_the_others() -> None:
    assert deal_to_strata(90, {"a": 100, "b": 5}) == {"a": 85, "b": 5}


@given(st.integers(0, 300), st.dictionaries(st.text(max_size=2), st.integers(0, 100), max_size=6))
def test_strata_never_get_more_than_they_have(budget: int, sizes: dict[str, int]) -> None:
    dealt = deal_to_strata(budget, sizes)
    assert sum(dealt.values()) == min(budget, sum(sizes.values()))
    assert all(dealt[name] <= size for name, size in sizes.items())


def test_more_strata_than_rows() -> None:
    dealt = deal_to_strata(2, dict.fromkeys("abcd", 10))
    assert sorted(dealt.values()) == pytest.approx([0, 0, 1, 1])
