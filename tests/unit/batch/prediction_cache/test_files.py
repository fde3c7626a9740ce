"""Answers on disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.prediction_cache.cache import PredictionCache
from batch.prediction_cache.files import open_cache, save_cache, tidy_caches
from tests.support.sample_scores import LARGE, keys_of, same, scores_of


def test_the_next_night_knows_what_this_one_computed(tmp_path: Path) -> None:
    for night in range(3):
        cache = open_cache(tmp_path, LARGE)
        numbers = range(night * 10, night * 10 + 10)
        cache.add(keys_of(*numbers), scores_of(*numbers))
        save_cache(tmp_path, cache, moment(night))
    cache = open_cache(tmp_path, LARGE)
    found, scores = cache.find(keys_of(*range(31)))
    assert found.tolist() == [True] * 30 + [False]
    same(scores, scores_of(*range(30)))
    save_cache(tmp_path, cache, moment(4))
    assert len(list(tmp_path.iterdir())) == 3  # a run that learned nothing leaves nothing


def test_the_oldest_go_first(tmp_path: Path) -> None:
    sizes = [put(tmp_path, night, range(night * 50, night * 50 + 50)) for night in range(4)]
    found, _ = open_cache(tmp_path, 2 * (sizes[2] + sizes[3])).find(keys_of(*range(200)))
    assert found.tolist() == [False] * 100 + [True] * 100
    assert len(list(tmp_path.iterdir())) == 2


def test_every_night_is_known_the_next_however_many_there_were(tmp_path: Path) -> None:
    most = 40_000  # a night of 200 texts takes about a third of it
    for night in range(12):
        cache = open_cache(tmp_path, most)
        yesterday, today = range(night * 200 - 200, night * 200), range(night * 200, night * 200 + 200)
        if night:
            assert cache.find(keys_of(*yesterday))[0].all(), night
        for first in range(0, 200, 50):
            cache.add(keys_of(*today[first : first + 50]), scores_of(*today[first : first + 50]))
            assert cache.nbytes <= most
        save_cache(tmp_path, cache, moment(night))
    assert len(list(tmp_path.iterdir())) <= 5


def test_of_a_night_larger_than_the_room_a_part_is_known(tmp_path: Path) -> None:
    """As after `cache_mb` was lowered: the file is not thrown away, and not read whole."""
    size = put(tmp_path, 0, range(2_000))
    for _ in range(2):
        cache = open_cache(tmp_path, size // 2)
        found, scores = cache.find(keys_of(*range(2_000)))
        assert 0.9 * size / 4 <= cache.nbytes <= 1.1 * size / 4
        same(scores, scores_of(*np.flatnonzero(found).tolist()))
    assert found.sum() > 300


@pytest.mark.parametrize("damage", [b"", b"no parquet", None])
def test_a_damaged_file_is_removed(tmp_path: Path, damage: bytes | None) -> None:
    for night in range(2):
        put(tmp_path, night, [night])
    file = sorted(tmp_path.iterdir())[1]
    file.write_bytes(file.read_bytes()[:-50] if damage is None else damage)
    assert open_cache(tmp_path, LARGE).find(keys_of(0, 1))[0].tolist() == [True, False]
    assert not file.exists()


@pytest.mark.parametrize("column", ["extra", "lower", "top"])
def test_a_file_with_other_columns_is_removed(tmp_path: Path, column: str) -> None:
    put(tmp_path, 0, [1, 2])
    (file,) = tmp_path.iterdir()
    table = pq.read_table(file)
    table = table.append_column("extra", pa.nulls(2)) if column == "extra" else table.drop_columns([column])
    pq.write_table(table, file)
    assert not open_cache(tmp_path, LARGE).find(keys_of(1, 2))[0].any()
    assert not file.exists()


def test_a_file_that_cannot_be_removed_is_only_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    (tmp_path / "answers-1.parquet").write_bytes(b"no parquet")
    monkeypatch.setattr(Path, "unlink", refuse)
    assert open_cache(tmp_path, LARGE).nbytes == 0
    assert "cannot be removed" in caplog.text


def test_folders_that_nobody_has_used_for_a_month_are_removed(tmp_path: Path) -> None:
    for name, days in {"mine": 40, "yesterday": 1, "long-ago": 31}.items():
        put(tmp_path / name, 0, [1])
        used = (moment(0) - timedelta(days=days)).timestamp()
        os.utime(tmp_path / name, (used, used))
    tidy_caches(tmp_path, tmp_path / "mine", moment(0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "yesterday"]
    tidy_caches(tmp_path, tmp_path / "yesterday", moment(20))
    tidy_caches(tmp_path, tmp_path / "yesterday", moment(31))
    assert [path.name for path in tmp_path.iterdir()] == ["yesterday"]
    tidy_caches(tmp_path / "nowhere", tmp_path / "nowhere" / "mine", moment(0))


def moment(night: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=night)


def put(folder: Path, night: int, numbers: Sequence[int]) -> int:
    """Keep some answers as one night's; their bytes in memory."""
    cache = PredictionCache(LARGE)
    cache.add(keys_of(*numbers), scores_of(*numbers))
    save_cache(folder, cache, moment(night))
    return cache.nbytes
