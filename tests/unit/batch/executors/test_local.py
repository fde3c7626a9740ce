"""The local executor: a dump in, staged parts out."""

from __future__ import annotations

import itertools
import threading
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from batch.engine.settings import EngineSettings
from batch.executors.local import LocalExecutor
from batch.executors.protocol import RunStats, ScoringWork
from batch.forward.protocol import Pending
from batch.input.columns import ColumnMapping
from batch.input.dump import Dump, plan_dump
from batch.input.sources import find_sources
from batch.input.units import UnitSize
from batch.prediction_cache.cache import PredictionCache
from batch.scorer import Prepared, Scorer
from storage.errors import DiskFull, NetworkBroken, TaskWanted, UnreadableFile
from storage.lake.parts import PartStore
from storage.records import Slot, Unit
from tests.support.dumps import string_array
from tests.support.networks import sentences, tiny_bundle

MAPPING = ColumnMapping("text", doc_id="id", slices=("city",))


@pytest.fixture
def scorer(tmp_path: Path) -> Scorer:
    return Scorer(tiny_bundle(tmp_path / "bundle"), EngineSettings("cpu", "fp32", 200))


def put(home: Path, name: str, texts: pa.Array, **options: object) -> None:
    count = len(texts)
    columns = {"text": texts, "id": [f"{name}:{row}" for row in range(count)], "city": ["上海", None] * (count // 2)}
    (home / "d").mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), home / "d" / name, **options)


def plan(home: Path, scorer: Scorer, rows: int = 7) -> Dump:
    slot = Slot("comment", date(2026, 1, 5), scorer.bundle.version)
    return plan_dump(find_sources(["d"], slot.logical_date, home)[0], slot, MAPPING, UnitSize(rows))


def run(home: Path, scorer: Scorer, dump: Dump) -> tuple[PartStore, list[Unit], list[Exception]]:
    store, done = PartStore(home / "parts"), []
    work = ScoringWork(dump, dump.plan.units, store, MAPPING, "Asia/Shanghai")
    stats = LocalExecutor(scorer).run(work, done.append)
    return store, done, [*stats.failures]


def test_every_row_is_staged_once(tmp_path: Path, scorer: Scorer) -> None:
    texts = sentences(40, 12)
    put(tmp_path, "a.parquet", pa.array(texts[:20]))
    put(tmp_path, "b.parquet", pa.array(texts[20:]))
    dump = plan(tmp_path, scorer)
    store, done, failures = run(tmp_path, scorer, dump)
    assert failures == []
    assert done == list(dump.plan.units)
    table = pa.concat_tables(store.read(unit) for unit in dump.plan.units)
    assert table["doc_id"].to_pylist() == [f"{name}.parquet:{row}" for name in "ab" for row in range(20)]
    expected = scorer.score(pl.Series(texts))
    np.testing.assert_allclose(np.array(table["probs"].to_pylist()), expected.probs, atol=1e-5)
    assert table["text_hash"].to_pylist() == expected.text_hash.tolist()


def test_the_profile_counts_rows(tmp_path: Path, scorer: Scorer) -> None:
    texts = string_array([b"\xff\xff", "好书".encode(), b"\xff\xff", b"", None, "好书".encode(), "龘龘".encode(), b""])
    put(tmp_path, "a.parquet", texts)
    dump = plan(tmp_path, scorer, rows=100)
    store, [unit], _ = run(tmp_path, scorer, dump)
    profile = store.profile(unit).total
    assert profile.rows == 8
    assert profile.invalid_utf8 == 2
    # 好书 twice; "", null and what is left of the broken bytes once cleaned are five equal texts
    assert profile.duplicates == 1 + 4
    assert profile.unk_tokens == 2
    sample = store.sample(unit)
    assert sorted(zip(sample["source_row"].to_pylist(), sample["text"].to_pylist(), strict=True)) == [
        *((row, "好书" if row in (1, 5) else "龘龘" if row == 6 else "") for row in range(8))
    ]
    assert dict(zip(("scored", "empty", "short", "failed"), profile.statuses, strict=True)) == {
        "scored": 3,
        "empty": 5,
        "short": 0,
        "failed": 0,
    }


def test_a_file_that_breaks_off_does_not_stop_the_others(tmp_path: Path, scorer: Scorer) -> None:
    for name in ("a.parquet", "b.parquet", "c.parquet"):
        put(tmp_path, name, pa.array(sentences(20, 12)), row_group_size=10)
    dump = plan(tmp_path, scorer, rows=10)
    chunk = pq.read_metadata(tmp_path / "d/b.parquet").row_group(1).column(0)
    data = bytearray((tmp_path / "d/b.parquet").read_bytes())
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    data[start : start + 30] = bytes(30)
    (tmp_path / "d/b.parquet").write_bytes(data)
    store, done, failures = run(tmp_path, scorer, dump)
    assert [type(failure) for failure in failures] == [UnreadableFile]
    staged = [(unit.source_path, unit.row_start) for unit in done]
    assert staged == [(f"d/{name}.parquet", row) for name, row in (("a", 0), ("a", 10), ("b", 0), ("c", 0), ("c", 10))]
    assert store.staged_units(dump.plan.slot) == {unit.unit_id for unit in done}


def test_a_rerun_gives_the_same_bytes(tmp_path: Path, scorer: Scorer) -> None:
    put(tmp_path, "a.parquet", pa.array(sentences(30, 12)))
    dump = plan(tmp_path, scorer)
    store, done, _ = run(tmp_path, scorer, dump)
    before = [store.path(unit).read_bytes() for unit in done]
    run(tmp_path, scorer, dump)
    assert [store.path(unit).read_bytes() for unit in done] == before


def test_some_units_only(tmp_path: Path, scorer: Scorer) -> None:
    put(tmp_path, "a.parquet", pa.array(sentences(30, 12)), row_group_size=4)
    dump = plan(tmp_path, scorer)
    store = PartStore(tmp_path / "parts")
    left = [dump.plan.units[0], dump.plan.units[3]]
    stats = LocalExecutor(scorer).run(ScoringWork(dump, left, store, MAPPING, "UTC"), lambda _unit: None)
    assert stats.failures == ()
    assert store.staged_units(dump.plan.slot) == {unit.unit_id for unit in left}
    assert store.read(left[1])["doc_id"].to_pylist() == [f"a.parquet:{row}" for row in range(21, 28)]


class TestStats:
    """What a run says it did, though scorer and engine count on from run to run."""

    def run(self, home: Path, scorer: Scorer, cache: PredictionCache | None = None, pace: Any = None) -> RunStats:
        dump = plan(home, scorer)
        work = ScoringWork(dump, dump.plan.units, PartStore(home / "parts"), MAPPING, "UTC", cache)
        return LocalExecutor(scorer).run(work, lambda _unit: None, pace)

    def test_rows_units_and_tokens_are_those_of_this_run(self, tmp_path: Path, scorer: Scorer) -> None:
        put(tmp_path, "a.parquet", pa.array(["好书", "坏书店", "好书", "店"]))
        first, second = self.run(tmp_path, scorer), self.run(tmp_path, scorer)
        for stats in (first, second):
            assert (stats.units, stats.rows) == (1, 4)
            assert stats.tokens == (2 + 2) + (3 + 2) + (1 + 2)
            assert stats.computed_tokens >= stats.tokens
            assert stats.padding_share == pytest.approx(1 - stats.tokens / stats.computed_tokens)
        assert (first.device, first.precision, first.forward) == ("cpu", "fp32", scorer.engine.forward.name)

    def test_every_step_is_timed_and_none_longer_than_the_run(self, tmp_path: Path, scorer: Scorer) -> None:
        put(tmp_path, "a.parquet", pa.array(sentences(20, 12)))
        stats = self.run(tmp_path, scorer)
        assert set(stats.busy_s) == {"read", "prepare", "starved", "network", "stage"}
        assert all(0 <= busy <= stats.seconds for busy in stats.busy_s.values())

    def test_a_cache_is_used_and_its_hits_are_counted(self, tmp_path: Path, scorer: Scorer) -> None:
        put(tmp_path, "a.parquet", pa.array(sentences(20, 12)))
        cache = PredictionCache(1 << 20)
        first, second, without = (self.run(tmp_path, scorer, each) for each in (cache, cache, None))
        assert (first.cache_hits, first.cache_lookups) == (0, 20)
        assert (second.cache_hits, second.cache_lookups) == (20, 20)
        assert second.tokens == 0
        assert (without.cache_hits, without.cache_lookups) == (0, 0)
        assert without.tokens == first.tokens

    def test_pauses_are_no_part_of_its_seconds(self, tmp_path: Path, scorer: Scorer) -> None:
        put(tmp_path, "a.parquet", pa.array(sentences(20, 12)))

        class Slow:
            paused_s = 7.0  # of an earlier run

            def __init__(self) -> None:
                self.units: list[Unit] = []

            def between(self, unit: Unit) -> None:
                self.units.append(unit)
                self.paused_s += 1_000.0

        pace = Slow()
        stats = self.run(tmp_path, scorer, pace=pace)
        assert [unit.row_start for unit in pace.units] == [0, 7, 14]
        assert stats.paused_s == 3_000.0
        assert stats.seconds == 1e-9  # less was measured than was paused: never nought, for it is divided by

    def test_what_a_pace_raises_stops_the_run_after_that_unit(self, tmp_path: Path, scorer: Scorer) -> None:
        put(tmp_path, "a.parquet", pa.array(sentences(40, 12)))

        class Stop:
            paused_s = 0.0

            def between(self, unit: Unit) -> None:
                if unit.row_start == 7:
                    raise TaskWanted("another run waits")

        with pytest.raises(TaskWanted):
            self.run(tmp_path, scorer, pace=Stop())
        dump = plan(tmp_path, scorer)
        staged = PartStore(tmp_path / "parts").staged_units(dump.plan.slot)
        assert staged == {unit.unit_id for unit in dump.plan.units[:2]}


class TestWhenAStepFails:
    """The error arrives, no thread stays behind, and what was staged before is whole."""

    @pytest.fixture
    def dump(self, tmp_path: Path, scorer: Scorer) -> Dump:
        for name in "abc":
            put(tmp_path, f"{name}.parquet", pa.array(sentences(20, 12)))
        return plan(tmp_path, scorer, rows=2)

    def fails(self, home: Path, scorer: Scorer, dump: Dump, error: type[BaseException]) -> None:
        before = threading.active_count()
        with pytest.raises(error):
            run(home, scorer, dump)
        assert threading.active_count() == before
        store = PartStore(home / "parts")
        staged = store.staged_units(dump.plan.slot)
        assert len(staged) < len(dump.plan.units)
        assert all(store.read(unit).num_rows == 2 for unit in dump.plan.units if unit.unit_id in staged)
        assert list((home / "parts").rglob(".tmp-*")) == []

    @pytest.mark.parametrize("error", [NetworkBroken, MemoryError, torch.AcceleratorError])
    def test_the_network(
        self, tmp_path: Path, scorer: Scorer, dump: Dump, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ) -> None:
        calls = itertools.count()
        start = scorer.engine.forward.start

        def broken(*args: Any) -> Pending:
            if next(calls) == 5:
                raise error("no more", 1) if error is torch.AcceleratorError else error("no more")
            return start(*args)

        monkeypatch.setattr(scorer.engine.forward, "start", broken)
        self.fails(tmp_path, scorer, dump, error)

    @pytest.mark.parametrize("error", [DiskFull, KeyboardInterrupt, SystemExit])
    def test_staging(
        self, tmp_path: Path, scorer: Scorer, dump: Dump, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
    ) -> None:
        calls = itertools.count()
        stage = PartStore.stage

        def broken(*args: Any) -> Path:
            if next(calls) == 4:
                raise error("no more")
            return stage(*args)

        monkeypatch.setattr(PartStore, "stage", broken)
        self.fails(tmp_path, scorer, dump, error)

    def test_preparing(self, tmp_path: Path, scorer: Scorer, dump: Dump, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = itertools.count()
        prepare = scorer.prepare

        def broken(texts: pl.Series) -> Prepared:
            if next(calls) == 6:
                raise MemoryError("no more")
            return prepare(texts)

        monkeypatch.setattr(scorer, "prepare", broken)
        self.fails(tmp_path, scorer, dump, MemoryError)
