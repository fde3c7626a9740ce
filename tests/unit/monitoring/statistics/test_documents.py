"""Tokens that come in documents: the null must not take them for independent."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.statistics.design_effect import INDEPENDENT, DesignEffect
from monitoring.statistics.divergence import compare_counts
from monitoring.statistics.documents import Documents, compare_documents, design_effect_of_whole, estimate_design_effect

SIZE = 1500


def _documents(rng: np.random.Generator, count: int, tilt: float = 0.0) -> Documents:
    """Documents of 5 to 40 tokens on one of 20 topics, that repeat their own words."""
    share = 1 / np.arange(1, SIZE + 1)
    share[100:110] *= 1 + tilt
    share /= share.sum()
    lengths = rng.integers(5, 41, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    document = np.repeat(np.arange(count), lengths)
    ids = rng.choice(SIZE, size=offsets[-1], p=share)
    topic = rng.integers(0, 20, count)[document]
    on_topic = rng.random(len(ids)) < 0.3
    ids = np.where(on_topic, 300 + topic * 20 + ids % 20, ids)
    again = (rng.random(len(ids)) < 0.3) & (np.diff(document, prepend=-1) == 0)
    for _ in range(3):
        ids[again] = ids[np.flatnonzero(again) - 1]
    return Documents(ids.astype(np.int64), offsets.astype(np.int64))


def _counts(documents: Documents) -> NDArray[np.int64]:
    return np.bincount(documents.ids, minlength=SIZE)


def test_repeats_alone_are_alarms_without_a_design_effect() -> None:
    rng = np.random.default_rng(0)
    got = [compare_counts(_counts(_documents(rng, 800)), _counts(_documents(rng, 800)), "js", rng) for _ in range(20)]
    assert sum(g.p_value < 0.05 for g in got) == 20


def test_a_design_effect_brings_the_null_where_it_belongs() -> None:
    rng = np.random.default_rng(1)
    got = []
    for _ in range(60):
        before, now = _documents(rng, 800), _documents(rng, 500)
        got.append(compare_counts(_counts(before), _counts(now), "js", rng, estimate_design_effect(before, rng)))
    assert sum(g.p_value < 0.05 for g in got) <= 8  # 3 expected, more than 8 once in 300
    assert 10 <= sum(g.p_value < 0.5 for g in got) <= 50
    assert np.mean([g.value for g in got]) == pytest.approx(np.mean([g.value - g.effect for g in got]), rel=0.05)


def test_p_values_of_dealt_documents_are_uniform() -> None:
    rng = np.random.default_rng(2)
    p_values = [
        compare_documents(_documents(rng, 150), _documents(rng, 100), "js", rng, permutations=79).p_value
        for _ in range(150)
    ]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.10
    assert 0.36 <= np.mean(np.array(p_values) < 0.5) <= 0.64


def test_a_shift_is_found_both_ways() -> None:
    rng = np.random.default_rng(3)
    before, now = _documents(rng, 1500), _documents(rng, 1500, tilt=3.0)
    dealt = compare_documents(before, now, "js", rng, permutations=99)
    assert dealt.p_value < 0.01
    design = estimate_design_effect(before, rng)
    summed = compare_counts(_counts(before), _counts(now), "js", rng, design)
    assert summed.p_value < 0.01
    assert dealt.value == pytest.approx(summed.value, abs=1e-12)
    assert dealt.effect == pytest.approx(summed.effect, rel=0.25)


def test_the_design_effect_of_tokens_said_twice_is_two() -> None:
    rng = np.random.default_rng(4)
    ids = np.repeat(rng.integers(0, 200, 30_000), 2)
    design = estimate_design_effect(Documents(ids, np.arange(0, 60_001, 2)), rng)
    assert design.mean == pytest.approx(2.0, rel=0.02)
    assert design.means == pytest.approx([2.0] * len(design.means), rel=0.03)
    assert design.documents == 30_000


def test_independent_tokens_have_none() -> None:
    rng = np.random.default_rng(5)
    design = estimate_design_effect(Documents(rng.integers(0, 300, 40_000), np.arange(0, 40_001, 10)), rng)
    assert design.mean == pytest.approx(1.0, abs=0.02)
    assert design.means == pytest.approx([1.0] * len(design.means), abs=0.05)
    assert design.spread < 1.6


def test_bursts_grow_from_one_to_the_design_effect() -> None:
    sizes = DesignEffect(mean=3.0).bursts(np.array([1.0, 2.0, 3.0, 10.0, 1e6]), 1e7)
    half = (3 - 1) / (3 + 1)  # chance that an occurrence joins the one before it
    assert sizes[:2] == pytest.approx([1.0, 1 + half])
    assert sizes[2] == pytest.approx(1 + 2 * (2 / 3 * half + 1 / 3 * half**2))
    assert (np.diff(sizes) > 0).all()
    assert sizes[-1] == pytest.approx(3.0, rel=1e-4)


@pytest.mark.parametrize("count", [0, 1, 15])
def test_too_few_documents_leave_nothing_to_estimate(count: int) -> None:
    rng = np.random.default_rng(6)
    documents = _documents(rng, count) if count else Documents(np.zeros(0, np.int64), np.zeros(1, np.int64))
    assert estimate_design_effect(documents, rng) == INDEPENDENT


def test_empty_documents_say_nothing() -> None:
    rng = np.random.default_rng(7)
    none = Documents(np.zeros(0, np.int64), np.zeros(4, np.int64))
    got = compare_documents(none, _documents(rng, 20), "js", rng)
    assert got.reason == "no counts on the reference side"
    assert estimate_design_effect(none, rng) == INDEPENDENT


def test_documents_cut_short_still_tell_how_the_whole_ones_cluster() -> None:
    rng = np.random.default_rng(21)

    def topics(count: int) -> Documents:
        """Documents of 200 tokens, each from one of 40 topics."""
        ids = rng.integers(0, 40, count)[:, None] * 50 + rng.integers(0, 50, (count, 200))
        return Documents(ids.ravel(), np.arange(count + 1) * 200)

    whole = topics(600)
    cut = Documents(whole.ids.reshape(600, 200)[:, :40].ravel(), np.arange(601) * 40)
    lengths = np.full(600, 200)
    of_whole, of_cut = (estimate_design_effect(each, rng) for each in (whole, cut))
    assert of_cut.mean < 0.4 * of_whole.mean
    assert design_effect_of_whole(cut, lengths, rng).mean == pytest.approx(of_whole.mean, rel=0.15)
    assert design_effect_of_whole(whole, lengths, np.random.default_rng(1)) == estimate_design_effect(
        whole, np.random.default_rng(1)
    )


def test_where_clustering_fades_with_distance_the_whole_is_not_blamed_for_it() -> None:
    rng = np.random.default_rng(22)
    topic = rng.integers(0, 40, (600, 10)).repeat(20, axis=1)  # a new topic every 20 tokens
    ids = topic * 50 + rng.integers(0, 50, (600, 200))
    whole = Documents(ids.ravel(), np.arange(601) * 200)
    cut = Documents(ids[:, :100].ravel(), np.arange(601) * 100)
    found = design_effect_of_whole(cut, np.full(600, 200), rng).mean
    assert found == pytest.approx(estimate_design_effect(whole, rng).mean, rel=0.15)
