"""The local executor: the network in this thread, the steps before and after it in threads around it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from batch.engine.engine import Work
from batch.engine.settings import EngineSettings
from batch.executors.protocol import OnUnit, Pace, RunStats, ScoringWork
from batch.executors.registry import EXECUTORS
from batch.input.columns import RawRows
from batch.input.reader import read_units
from batch.pipeline import Pipeline, StageTimes, Stream, counted, each, timed
from batch.results import finish_unit
from batch.scorer import Prepared, Scorer
from models.bundle import Bundle
from models.tokens import Tokens
from models.windows import Windows
from storage.errors import InputError
from storage.records import Unit


@dataclass(frozen=True, slots=True)
class PreparedUnit:
    """A unit between two steps: its rows, and their texts ready for the network."""

    unit: Unit
    raw: RawRows
    prepared: Prepared

    @property
    def tokens(self) -> Tokens:
        """Tokens of its distinct texts."""
        return self.prepared.tokens

    @property
    def windows(self) -> Windows:
        """Windows of its distinct texts."""
        return self.prepared.windows


ScoredUnit = tuple[PreparedUnit, NDArray[np.float32]]
"""A unit and the logits of its windows, float32[W, C]."""


@dataclass(frozen=True, slots=True)
class LocalExecutor:
    """Scores units in this process.

    Reading, cleaning and tokenising, the network, and staging overlap; a few units at most are in memory.

    Attributes:
        scorer: The bundle, ready to score; one run after the other may use it.
    """

    scorer: Scorer

    def run(self, work: ScoringWork, on_unit: OnUnit, pace: Pace | None = None) -> RunStats:
        """Score and stage units, file by file; see `Executor.run`. `on_unit` is called in the thread that stages."""
        self.scorer.cache = work.cache
        before = _Counters.read(self.scorer, pace)
        run = _Run(self.scorer, work, on_unit, pace)
        started = time.perf_counter()
        run.execute()
        seconds = time.perf_counter() - started
        return run.stats(seconds, _Counters.read(self.scorer, pace) - before)


def _make(bundle: Bundle, settings: EngineSettings) -> LocalExecutor:
    return LocalExecutor(Scorer(bundle, settings))


EXECUTORS.add("local", _make)


@dataclass(frozen=True, slots=True)
class _Counters:
    """What scorer and pace have counted since they were made; two readings make the counts of a run."""

    work: Work
    lookups: int
    hits: int
    paused_s: float

    @classmethod
    def read(cls, scorer: Scorer, pace: Pace | None) -> _Counters:
        cache = scorer.cache
        lookups, hits = (cache.asked, cache.found) if cache else (0, 0)
        return cls(scorer.engine.work, lookups, hits, pace.paused_s if pace else 0.0)

    def __sub__(self, other: _Counters) -> _Counters:
        return _Counters(
            self.work - other.work, self.lookups - other.lookups, self.hits - other.hits, self.paused_s - other.paused_s
        )


@dataclass(slots=True)
class _Run:
    """One run of the local executor: its steps, and what it has done so far."""

    scorer: Scorer
    work: ScoringWork
    on_unit: OnUnit
    pace: Pace | None
    times: StageTimes = field(default_factory=StageTimes)
    failures: list[InputError] = field(default_factory=list)
    units: int = 0
    rows: int = 0

    def execute(self) -> None:
        with Pipeline() as pipeline:
            raw = pipeline.prefetch(timed(self._read(), "read", self.times))
            ready = pipeline.prefetch(each(self._prepare, raw, "prepare", self.times))
            waiting = timed(ready, "starved", self.times)
            stream = self.scorer.engine.stream(waiting, pipeline.stopped.is_set)
            stage = counted(self._stage, "stage", self.times)
            pipeline.consume(self._paced(timed(stream, "network", self.times)), self._finish_with(stage))

    def stats(self, seconds: float, counters: _Counters) -> RunStats:
        settings = self.scorer.settings
        return RunStats(
            units=self.units,
            rows=self.rows,
            tokens=counters.work.tokens,
            computed_tokens=counters.work.padded,
            seconds=max(seconds - counters.paused_s, 1e-9),
            paused_s=counters.paused_s,
            device=settings.device,
            precision=settings.precision,
            forward=self.scorer.engine.forward.name,
            busy_s=self._busy(),
            cache_lookups=counters.lookups,
            cache_hits=counters.hits,
            failures=tuple(self.failures),
        )

    def _busy(self) -> dict[str, float]:
        """Seconds that each step was busy; the network's without those that it waited for text."""
        seconds = dict(self.times.seconds)
        if "network" in seconds:
            seconds["network"] -= seconds.get("starved", 0.0)
        return seconds

    def _read(self) -> Stream[tuple[Unit, RawRows]]:
        work = self.work
        by_file: dict[str, list[Unit]] = defaultdict(list)
        for unit in work.units:
            by_file[unit.source_path].append(unit)
        for name in sorted(by_file):
            try:
                yield from read_units(work.dump.sources[name], by_file[name], work.mapping, work.time_zone)
            except InputError as error:
                self.failures.append(error)

    def _prepare(self, read: tuple[Unit, RawRows]) -> PreparedUnit:
        unit, raw = read
        return PreparedUnit(unit, raw, self.scorer.prepare(raw.texts))

    def _paced(self, stream: Stream[ScoredUnit]) -> Stream[ScoredUnit]:
        with closing(stream):
            for scored in stream:
                yield scored
                if self.pace is not None:
                    self.pace.between(scored[0].unit)

    def _stage(self, scored: ScoredUnit) -> Unit:
        ready, logits = scored
        result = finish_unit(self.scorer, ready.unit, ready.raw, ready.prepared, logits)
        self.work.store.stage(ready.unit, result.table, result.profile, result.sample)
        return ready.unit

    def _finish_with(self, stage: Callable[[ScoredUnit], Unit]) -> Callable[[ScoredUnit], None]:
        def finish(scored: ScoredUnit) -> None:
            unit = stage(scored)
            self.units += 1
            self.rows += unit.rows
            self.on_unit(unit)

        return finish
