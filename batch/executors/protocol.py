"""What a job asks of an executor. No torch in here, so that a job may name these types before it scores anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from batch.input.columns import ColumnMapping
from batch.input.dump import Dump
from batch.prediction_cache.cache import PredictionCache
from storage.errors import InputError
from storage.lake.parts import PartStore
from storage.records import Unit

OnUnit = Callable[[Unit], None]
"""Called once for each unit that is staged, in the process of the caller, in any thread."""


@dataclass(frozen=True, slots=True)
class ScoringWork:
    """Units to score and where their parts go.

    Attributes:
        dump: The dump that the units were cut from.
        units: What to score.
        store: Where parts are staged.
        mapping: The dump's columns.
        time_zone: The zone of timestamps that name none.
        cache: Predictions of earlier units and runs; None computes every text.
    """

    dump: Dump
    units: Sequence[Unit]
    store: PartStore
    mapping: ColumnMapping
    time_zone: str
    cache: PredictionCache | None = None


class Pace(Protocol):
    """Slows a run down between units, or stops it.

    Attributes:
        paused_s: Seconds spent waiting so far.
    """

    paused_s: float

    def between(self, unit: Unit) -> None:
        """Called with each unit that the network has finished; may wait.

        What this raises stops the run; the unit, and those before it, are staged nevertheless.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunStats:
    """What one run did and how fast.

    Attributes:
        units: Units staged.
        rows: Rows of these units.
        tokens: Real tokens computed, special tokens included.
        computed_tokens: Tokens computed, padding included.
        seconds: From the first read to the last part staged, pauses excluded.
        paused_s: Seconds that the pace made the run wait.
        device: Where the network ran.
        precision: Number type of the network.
        forward: Name of the way in which batches were run.
        busy_s: Seconds that each step was busy; steps overlap. `starved` is how long the network waited for text.
        cache_lookups: Distinct texts looked up in the prediction cache.
        cache_hits: How many of them it had.
        failures: Files that broke off while being read; their earlier units are staged.
    """

    units: int
    rows: int
    tokens: int
    computed_tokens: int
    seconds: float
    paused_s: float
    device: str
    precision: str
    forward: str
    busy_s: Mapping[str, float]
    cache_lookups: int
    cache_hits: int
    failures: tuple[InputError, ...]

    @property
    def padding_share(self) -> float:
        """Share of the computed tokens that were padding."""
        return 1 - self.tokens / self.computed_tokens if self.computed_tokens else 0.0

    def as_metrics(self) -> dict[str, Any]:
        """The metrics that the record of a run keeps: names and roundings are persisted, don't change them."""
        metrics: dict[str, Any] = {
            "seconds": round(self.seconds, 3),
            "docs_per_s": round(self.rows / self.seconds, 1),
            "tokens_per_s": round(self.tokens / self.seconds, 1),
            "padding_share": round(self.padding_share, 4),
            "device": self.device,
            "precision": self.precision,
            "batches": self.forward,
            **{f"{step}_s": round(busy, 3) for step, busy in self.busy_s.items()},
        }
        if self.paused_s:
            metrics["paused_s"] = round(self.paused_s, 3)
        if self.cache_lookups:
            metrics["cache_hit_rate"] = round(self.cache_hits / self.cache_lookups, 4)
        return metrics


class Executor(Protocol):
    """Scores units with one bundle, somewhere."""

    def run(self, work: ScoringWork, on_unit: OnUnit, pace: Pace | None = None) -> RunStats:
        """Score and stage units.

        Whatever stops it (an error, Ctrl-C), no part is left half-written, and units that are not staged are simply
        not done: the same work may be given to any executor again.

        Args:
            work: The units and where their parts go.
            on_unit: Called when a unit is staged.
            pace: Called between units; None runs as fast as possible.

        Raises:
            DiskFull: Nothing more can be staged.
            NetworkBroken: The network fails on everything.
        """
        ...
