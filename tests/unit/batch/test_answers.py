"""Answers of earlier units and nights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from batch.answer_files import open_answers, save_answers
from batch.answers import AnswerCache, TextKeys
from batch.scores import EMPTY, FAILED, SCORED, Scores

LARGE = 1 << 20


def keys_of(*numbers: int) -> TextKeys:
    lower = np.array(numbers, np.uint64) * np.uint64(7_919)
    return TextKeys(lower, lower + np.uint64(1))


def scores_of(*numbers: int, status: int = SCORED) -> Scores:
    """Scores from which one can tell the text: number n has n tokens and n % 4 top windows."""
    tops = [np.arange(n % 4, dtype=np.int32) + n for n in numbers]
    return Scores(
        status=np.full(len(numbers), status, np.int8),
        probs=np.array([[n, n + 0.5, n + 0.25] for n in numbers], np.float32).reshape(-1, 3),
        text_hash=keys_of(*numbers).lower,
        n_tokens=np.array(numbers, np.int32),
        n_unknown=np.array(numbers, np.int32) // 2,
        n_windows=np.array(numbers, np.int32) % 5,
        truncated=np.array(numbers) % 2 == 0,
        top=np.concatenate([*tops, np.zeros(0, np.int32)]),
        top_offsets=np.concatenate([[0], np.cumsum([len(top) for top in tops])]).astype(np.int64),
    )


def same(one: Scores | None, other: Scores) -> None:
    assert one is not None
    for name in Scores.__slots__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)


def test_nothing_is_known_at_first() -> None:
    found, scores = AnswerCache(LARGE).find(keys_of(1, 2))
    assert found.tolist() == [False, False]
    assert scores is None


def test_what_was_added_is_found_in_the_order_asked() -> None:
    cache = AnswerCache(LARGE)
    for first in range(0, 100, 7):
        cache.add(keys_of(*range(first, first + 7)), scores_of(*range(first, first + 7)))
    asked = [50, 3, 4_000, 0, 97, 5_000, 21]
    found, scores = cache.find(keys_of(*asked))
    assert found.tolist() == [number < 105 for number in asked]
    same(scores, scores_of(50, 3, 0, 97, 21))
    assert (cache.asked, cache.found) == (7, 5)


def test_both_halves_of_a_key_count() -> None:
    cache = AnswerCache(LARGE)
    cache.add(keys_of(1, 2), scores_of(1, 2))
    keys = keys_of(1, 2)
    found, scores = cache.find(TextKeys(keys.lower, keys.upper + np.array([1, 0], np.uint64)))
    assert found.tolist() == [False, True]
    same(scores, scores_of(2))


def test_failures_are_asked_again_and_empties_are_not() -> None:
    cache = AnswerCache(LARGE)
    cache.add(keys_of(1), scores_of(1, status=FAILED))
    cache.add(keys_of(2), scores_of(2, status=EMPTY))
    assert cache.find(keys_of(1, 2))[0].tolist() == [False, True]


def test_memory_is_bounded() -> None:
    cache = AnswerCache(20_000)
    for first in range(0, 10_000, 50):
        cache.add(keys_of(*range(first, first + 50)), scores_of(*range(first, first + 50)))
        assert cache.nbytes <= 20_000
    found, scores = cache.find(keys_of(*range(10_000)))
    assert 150 <= found.sum() < 1_000
    same(scores, scores_of(*np.flatnonzero(found).tolist()))


class TestFiles:
    def test_the_next_night_knows_what_this_one_computed(self, tmp_path: Path) -> None:
        for night in range(3):
            cache = open_answers(tmp_path, LARGE)
            numbers = range(night * 10, night * 10 + 10)
            cache.add(keys_of(*numbers), scores_of(*numbers))
            save_answers(tmp_path, cache)
        cache = open_answers(tmp_path, LARGE)
        found, scores = cache.find(keys_of(*range(31)))
        assert found.tolist() == [True] * 30 + [False]
        same(scores, scores_of(*range(30)))
        save_answers(tmp_path, cache)
        assert len(list(tmp_path.iterdir())) == 3  # a run that learned nothing leaves nothing

    def test_the_oldest_go_first(self, tmp_path: Path) -> None:
        for night in range(4):
            cache = AnswerCache(LARGE)
            cache.add(keys_of(*range(night * 50, night * 50 + 50)), scores_of(*range(night * 50, night * 50 + 50)))
            save_answers(tmp_path, cache)
        size = cache.nbytes
        found, _ = open_answers(tmp_path, int(2.5 * size)).find(keys_of(*range(200)))
        assert found.tolist() == [False] * 100 + [True] * 100
        assert len(list(tmp_path.iterdir())) == 2

    @pytest.mark.parametrize("damage", [b"", b"no parquet", None])
    def test_a_damaged_file_is_removed(self, tmp_path: Path, damage: bytes | None) -> None:
        for night in range(2):
            cache = AnswerCache(LARGE)
            cache.add(keys_of(night), scores_of(night))
            save_answers(tmp_path, cache)
        file = sorted(tmp_path.iterdir())[1]
        file.write_bytes(file.read_bytes()[:-50] if damage is None else damage)
        assert open_answers(tmp_path, LARGE).find(keys_of(0, 1))[0].tolist() == [True, False]
        assert not file.exists()
