"""The local executor: the network in this thread, the steps before and after it in threads around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from batch.input.columns import ColumnMapping, RawRows
from batch.input.dump import Dump
from batch.input.reader import read_units
from batch.pipeline import Pipeline, StageTimes, Stream, counted, each, timed
from batch.results import finish_unit
from batch.scorer import Prepared, Scorer
from models.tokens import Tokens
from models.windows import Windows
from storage.errors import InputError
from storage.lake.parts import PartStore
from storage.records import Unit


@dataclass(frozen=True, slots=True)
class UnitWork:
    """A unit on its way: its rows, and their texts ready for the network."""

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


@dataclass(frozen=True, slots=True)
class LocalExecutor:
    """Scores units in this process.

    Reading, cleaning and tokenising, the network, and staging overlap; a few units at most are in memory.

    Attributes:
        scorer: The bundle, ready to score.
        store: Where parts are staged.
        mapping: The dump's columns.
        time_zone: The zone of timestamps that name none.
        times: Seconds by step; `busy` tells them apart.
        between: Called with each unit that the network has finished, where the network runs; it may wait, and what it
            raises stops the run: that unit and those before it are staged all the same.
    """

    scorer: Scorer
    store: PartStore
    mapping: ColumnMapping
    time_zone: str
    times: StageTimes = field(default_factory=StageTimes)
    between: Callable[[Unit], None] | None = None

    def run(self, dump: Dump, units: Sequence[Unit], on_unit: Callable[[Unit], None]) -> list[InputError]:
        """Score and stage units, file by file.

        Whatever stops it (an error, Ctrl-C), no part is left half-written, and units that are not staged are
        simply not done.

        Args:
            dump: Where the units come from.
            units: What to score.
            on_unit: Called when a unit is staged, in the thread that stages.

        Returns:
            Files that broke off while being read; their earlier units are staged all the same.

        Raises:
            DiskFull: Nothing more can be staged.
            NetworkBroken: The network fails on everything.
        """
        failures: list[InputError] = []
        with Pipeline() as pipeline:
            raw = pipeline.ahead(timed(self._read(dump, units, failures), "read", self.times))
            ready = pipeline.ahead(each(self._prepare, raw, "prepare", self.times))
            waiting = timed(ready, "starved", self.times)
            stream = self.scorer.engine.stream(waiting, pipeline.stopped.is_set)
            stage = counted(self._stage, "stage", self.times)
            paced = self._paced(timed(stream, "network", self.times))
            pipeline.behind(paced, lambda scored: on_unit(stage(scored)))
        return failures

    @property
    def busy(self) -> dict[str, float]:
        """Seconds that each step was busy, and `starved`: those that the network waited for text."""
        seconds = dict(self.times.seconds)
        if "network" in seconds:
            seconds["network"] -= seconds.get("starved", 0.0)
        return seconds

    def _read(self, dump: Dump, units: Sequence[Unit], failures: list[InputError]) -> Stream[tuple[Unit, RawRows]]:
        by_file: dict[str, list[Unit]] = defaultdict(list)
        for unit in units:
            by_file[unit.source_path].append(unit)
        for name in sorted(by_file):
            try:
                yield from read_units(dump.sources[name], by_file[name], self.mapping, self.time_zone)
            except InputError as error:
                failures.append(error)

    def _paced(
        self, stream: Stream[tuple[UnitWork, NDArray[np.float32]]]
    ) -> Stream[tuple[UnitWork, NDArray[np.float32]]]:
        with closing(stream):
            for scored in stream:
                yield scored
                if self.between is not None:
                    self.between(scored[0].unit)

    def _prepare(self, read: tuple[Unit, RawRows]) -> UnitWork:
        unit, raw = read
        return UnitWork(unit, raw, self.scorer.prepare(raw.texts))

    def _stage(self, scored: tuple[UnitWork, NDArray[np.float32]]) -> Unit:
        work, logits = scored
        result = finish_unit(self.scorer, work.unit, work.raw, work.prepared, logits)
        self.store.stage(work.unit, result.table, result.profile, result.sample)
        return work.unit
