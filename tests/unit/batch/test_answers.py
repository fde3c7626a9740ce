"""Answers of earlier units and nights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.answer_files import open_answers, save_answers, tidy_folders
from batch.answers import AnswerCache, TextKeys, sort_answers
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


def test_a_full_memory_drops_the_oldest_answers_for_new_ones() -> None:
    nights = [
        sort_answers(keys_of(*range(at, at + 50)), scores_of(*range(at, at + 50))) for at in (50, 0)
    ]  # newest first
    cache = AnswerCache(sum(night.nbytes for night in nights) + 100, tuple(nights))
    cache.add(keys_of(*range(100, 130)), scores_of(*range(100, 130)))
    found, _ = cache.find(keys_of(*range(130)))
    assert found.tolist() == [False] * 50 + [True] * 80


class TestFiles:
    def test_the_next_night_knows_what_this_one_computed(self, tmp_path: Path) -> None:
        for night in range(3):
            cache = open_answers(tmp_path, LARGE)
            numbers = range(night * 10, night * 10 + 10)
            cache.add(keys_of(*numbers), scores_of(*numbers))
            save_answers(tmp_path, cache, moment(night))
        cache = open_answers(tmp_path, LARGE)
        found, scores = cache.find(keys_of(*range(31)))
        assert found.tolist() == [True] * 30 + [False]
        same(scores, scores_of(*range(30)))
        save_answers(tmp_path, cache, moment(4))
        assert len(list(tmp_path.iterdir())) == 3  # a run that learned nothing leaves nothing

    def test_the_oldest_go_first(self, tmp_path: Path) -> None:
        sizes = [put(tmp_path, night, range(night * 50, night * 50 + 50)) for night in range(4)]
        found, _ = open_answers(tmp_path, 2 * (sizes[2] + sizes[3])).find(keys_of(*range(200)))
        assert found.tolist() == [False] * 100 + [True] * 100
        assert len(list(tmp_path.iterdir())) == 2

    def test_every_night_is_known_the_next_however_many_there_were(self, tmp_path: Path) -> None:
        most = 40_000  # a night of 200 texts takes about a third of it
        for night in range(12):
            cache = open_answers(tmp_path, most)
            yesterday, today = range(night * 200 - 200, night * 200), range(night * 200, night * 200 + 200)
            if night:
                assert cache.find(keys_of(*yesterday))[0].all(), night
            for first in range(0, 200, 50):
                cache.add(keys_of(*today[first : first + 50]), scores_of(*today[first : first + 50]))
                assert cache.nbytes <= most
            save_answers(tmp_path, cache, moment(night))
        assert len(list(tmp_path.iterdir())) <= 5

    def test_of_a_night_larger_than_the_room_a_part_is_known(self, tmp_path: Path) -> None:
        """As after `cache_mb` was lowered: the file is not thrown away, and not read whole."""
        size = put(tmp_path, 0, range(2_000))
        for _ in range(2):
            cache = open_answers(tmp_path, size // 2)
            found, scores = cache.find(keys_of(*range(2_000)))
            assert 0.9 * size / 4 <= cache.nbytes <= 1.1 * size / 4
            same(scores, scores_of(*np.flatnonzero(found).tolist()))
        assert found.sum() > 300

    @pytest.mark.parametrize("damage", [b"", b"no parquet", None])
    def test_a_damaged_file_is_removed(self, tmp_path: Path, damage: bytes | None) -> None:
        for night in range(2):
            put(tmp_path, night, [night])
        file = sorted(tmp_path.iterdir())[1]
        file.write_bytes(file.read_bytes()[:-50] if damage is None else damage)
        assert open_answers(tmp_path, LARGE).find(keys_of(0, 1))[0].tolist() == [True, False]
        assert not file.exists()

    @pytest.mark.parametrize("column", ["extra", "lower", "top"])
    def test_a_file_with_other_columns_is_removed(self, tmp_path: Path, column: str) -> None:
        put(tmp_path, 0, [1, 2])
        (file,) = tmp_path.iterdir()
        table = pq.read_table(file)
        table = table.append_column("extra", pa.nulls(2)) if column == "extra" else table.drop_columns([column])
        pq.write_table(table, file)
        assert not open_answers(tmp_path, LARGE).find(keys_of(1, 2))[0].any()
        assert not file.exists()

    def test_a_file_that_cannot_be_removed_is_only_a_warning(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError("read-only")

        (tmp_path / "answers-1.parquet").write_bytes(b"no parquet")
        monkeypatch.setattr(Path, "unlink", refuse)
        assert open_answers(tmp_path, LARGE).nbytes == 0
        assert "cannot be removed" in caplog.text


def test_folders_that_nobody_has_used_for_a_month_are_removed(tmp_path: Path) -> None:
    for name, days in {"mine": 40, "yesterday": 1, "long-ago": 31}.items():
        put(tmp_path / name, 0, [1])
        used = (moment(0) - timedelta(days=days)).timestamp()
        os.utime(tmp_path / name, (used, used))
    tidy_folders(tmp_path, tmp_path / "mine", moment(0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "yesterday"]
    tidy_folders(tmp_path, tmp_path / "yesterday", moment(20))
    tidy_folders(tmp_path, tmp_path / "yesterday", moment(31))
    assert [path.name for path in tmp_path.iterdir()] == ["yesterday"]
    tidy_folders(tmp_path / "nowhere", tmp_path / "nowhere" / "mine", moment(0))


def moment(night: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=night)


def put(folder: Path, night: int, numbers: Sequence[int]) -> int:
    """Keep some answers as one night's; their bytes in memory."""
    cache = AnswerCache(LARGE)
    cache.add(keys_of(*numbers), scores_of(*numbers))
    save_answers(folder, cache, moment(night))
    return cache.nbytes
