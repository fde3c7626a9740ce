"""Answers of earlier units and nights, in memory."""

from __future__ import annotations

import numpy as np

from batch.prediction_cache.cache import PredictionCache, TextKeys, sort_predictions
from batch.scores import EMPTY, FAILED
from tests.support.sample_scores import LARGE, keys_of, same, scores_of


def test_nothing_is_known_at_first() -> None:
    found, scores = PredictionCache(LARGE).find(keys_of(1, 2))
    assert found.tolist() == [False, False]
    assert scores is None


def test_what_was_added_is_found_in_the_order_asked() -> None:
    cache = PredictionCache(LARGE)
    for first in range(0, 100, 7):
        cache.add(keys_of(*range(first, first + 7)), scores_of(*range(first, first + 7)))
    asked = [50, 3, 4_000, 0, 97, 5_000, 21]
    found, scores = cache.find(keys_of(*asked))
    assert found.tolist() == [number < 105 for number in asked]
    same(scores, scores_of(50, 3, 0, 97, 21))
    assert (cache.asked, cache.found) == (7, 5)


def test_both_halves_of_a_key_count() -> None:
    cache = PredictionCache(LARGE)
    cache.add(keys_of(1, 2), scores_of(1, 2))
    keys = keys_of(1, 2)
    found, scores = cache.find(TextKeys(keys.lower, keys.upper + np.array([1, 0], np.uint64)))
    assert found.tolist() == [False, True]
    same(scores, scores_of(2))


def test_failures_are_asked_again_and_empties_are_not() -> None:
    cache = PredictionCache(LARGE)
    cache.add(keys_of(1), scores_of(1, status=FAILED))
    cache.add(keys_of(2), scores_of(2, status=EMPTY))
    assert cache.find(keys_of(1, 2))[0].tolist() == [False, True]


def test_memory_is_bounded() -> None:
    cache = PredictionCache(20_000)
    for first in range(0, 10_000, 50):
        cache.add(keys_of(*range(first, first + 50)), scores_of(*range(first, first + 50)))
        assert cache.nbytes <= 20_000
    found, scores = cache.find(keys_of(*range(10_000)))
    assert 150 <= found.sum() < 1_000
    same(scores, scores_of(*np.flatnonzero(found).tolist()))


def test_a_full_memory_drops_the_oldest_answers_for_new_ones() -> None:
    nights = [
        sort_predictions(keys_of(*range(at, at + 50)), scores_of(*range(at, at + 50))) for at in (50, 0)
    ]  # newest first
    cache = PredictionCache(sum(night.nbytes for night in nights) + 100, tuple(nights))
    cache.add(keys_of(*range(100, 130)), scores_of(*range(100, 130)))
    found, _ = cache.find(keys_of(*range(130)))
    assert found.tolist() == [False] * 50 + [True] * 80
