"""The network that `benchmarks/cpu.py` measures, and the sorted ways through it, with the seconds of their stages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from batch.engine.engine import Engine
from batch.forward.buckets import Buckets
from batch.forward.cpu import CPU
from batch.forward.padded import PaddedForward
from batch.forward.protocol import Forward, Pending
from batch.pipeline import StageTimes
from models.tokens import Tokenizer, Tokens
from models.windows import Windows, WindowSpec, cut_windows

Logits = NDArray[np.float32]
Way = Callable[[list[str]], Logits]
STAGES = ("tokenise", "window", "batch", "network")


@dataclass(frozen=True, slots=True)
class Documents:
    """Texts on their way to the engine."""

    tokens: Tokens
    windows: Windows


@dataclass(frozen=True, slots=True)
class Took:
    """What the stages of one pass of one way took.

    Attributes:
        times: Seconds by stage, of `STAGES`; the network builds its padded or flat batches itself.
        padding: Share of the computed tokens.
    """

    times: StageTimes
    padding: float


class Subject:
    """The network under test, with all that running it takes.

    Attributes:
        took: Every pass of every sorted way, by its name.
    """

    def __init__(self, network: nn.Module, tokenizer: Tokenizer, spec: WindowSpec, classes: int) -> None:
        self.network, self.tokenizer, self.spec, self.classes = network, tokenizer, spec, classes
        self.took: dict[str, list[Took]] = {}

    def cut(self, texts: list[str], times: StageTimes | None = None) -> Documents:
        """Tokenise texts and plan their windows."""
        times = times or StageTimes()
        started = time.perf_counter()
        tokens = self.tokenizer.encode(pl.Series(texts, dtype=pl.String))
        tokenised = time.perf_counter()
        windows = cut_windows(tokens.lengths, self.spec, self.tokenizer.special.count)
        times.add("tokenise", tokenised - started)
        times.add("window", time.perf_counter() - tokenised)
        return Documents(tokens, windows)

    def through(self, name: str, forward: Forward, max_tokens: int) -> Way:
        """Sorted, in batches of a token budget, through `forward`."""

        def run(texts: list[str]) -> Logits:
            times = StageTimes()
            engine = Engine(Watched(forward, times), self.tokenizer.special, max_tokens)
            logits = engine.logits(self.cut(texts, times))
            self.took.setdefault(name, []).append(Took(times, engine.work.padding_share))
            return logits

        return run

    def unsorted(self, rows: int) -> Way:
        """What a pipeline does, without its own costs: rows as they come, padded to the longest of their batch."""
        forward = PaddedForward(self.network, self.tokenizer.special, self.classes, CPU, "fp32")

        def run(texts: list[str]) -> Logits:
            there = self.cut(texts)
            batches = np.array_split(np.arange(len(texts)), range(rows, len(texts), rows))
            return np.concatenate([forward.start(there.tokens, there.windows, batch)() for batch in batches])

        return run


class Watched:
    """A way of running a batch, with a clock beside it."""

    def __init__(self, forward: Forward, times: StageTimes) -> None:
        self._forward, self._times = forward, times
        self.name, self.classes, self.in_flight = forward.name, forward.classes, forward.in_flight

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        """Cut into batches, timed."""
        started = time.perf_counter()
        buckets = self._forward.fill(lengths, max_tokens)
        self._times.add("batch", time.perf_counter() - started)
        return buckets

    def cost(self, lengths: NDArray[np.int64]) -> int:
        """As the way that is watched."""
        return self._forward.cost(lengths)

    def start(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        """Score a batch, timed: on a CPU all is done when this returns."""
        started = time.perf_counter()
        pending = self._forward.start(tokens, windows, chosen)
        self._times.add("network", time.perf_counter() - started)
        return pending
