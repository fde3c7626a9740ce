"""Windows in, logits out: batches that fit, started ahead, failures kept to the rows they belong to."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from batch.forward.protocol import Forward, Pending
from batch.pipeline import Stream
from models.tokens import SpecialTokens, Tokens
from models.windows import Windows, WindowSpec, cut_windows
from storage.errors import NetworkBroken

log = logging.getLogger("yeban.engine")

DOUBT_AFTER = 32
"""Windows that may fail one after the other before the network has to prove that it is alive."""
GIVE_UP_AFTER = 1_000
"""Windows that may fail one after the other before the run is stopped, whatever the network proves."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine has done: adds up.

    Attributes:
        tokens: Real tokens, special tokens included.
        padded: Tokens computed, padding included.
    """

    tokens: int = 0
    padded: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(self.tokens + other.tokens, self.padded + other.padded)

    def __sub__(self, other: Work) -> Work:
        return Work(self.tokens - other.tokens, self.padded - other.padded)

    @property
    def padding_share(self) -> float:
        """Share of the computed tokens that were padding."""
        return 1 - self.tokens / self.padded if self.padded else 0.0


class Windowed(Protocol):
    """Documents ready for the network."""

    @property
    def tokens(self) -> Tokens:
        """Their tokens."""
        ...

    @property
    def windows(self) -> Windows:
        """Their W windows."""
        ...


D = TypeVar("D", bound=Windowed)
Trial = Callable[[Windowed], Forward | None]


class _Job(Generic[D]):
    """Documents on their way through the engine."""

    def __init__(self, documents: D, classes: int) -> None:
        self.documents = documents
        self.logits = np.full((len(documents.windows.length), classes), np.nan, np.float32)
        self.under_way = 0
        self.all_started = False

    @property
    def nothing_scored(self) -> bool:
        """Every window failed, and there was one."""
        return len(self.logits) > 0 and not np.isfinite(self.logits).all(axis=1).any()

    @property
    def done(self) -> bool:
        return self.all_started and not self.under_way


@dataclass(frozen=True, slots=True)
class _Flight:
    """A batch that was started; `pending` is None where its only window failed."""

    job: _Job[Any]
    chosen: NDArray[np.int64]
    pending: Pending | None
    work: Work


class Engine:
    """Runs all windows of one set of documents after the other through a `Forward`, in batches that fit.

    Args:
        forward: How to run one batch.
        special: How many special tokens a window carries.
        max_tokens: Computed tokens in one batch to begin with.
        trial: Looks for a better way, given real documents: returns the way to go from there on, or None while
            they were too few to tell. It is asked until it has answered once.

    Attributes:
        forward: How batches are run now.
    """

    def __init__(self, forward: Forward, special: SpecialTokens, max_tokens: int, trial: Trial | None = None) -> None:
        self.forward = forward
        self._trial = trial
        self._special = special
        self.max_tokens = max_tokens
        self.work = Work()
        self._failed_in_a_row = 0

    def logits(self, documents: Windowed) -> NDArray[np.float32]:
        """Score all windows of some documents.

        Returns:
            float32[W, C] in the order of `windows`; NaN where a window could not be scored.

        Raises:
            NetworkBroken: One window after the other fails: nothing is staged as `failed` that a repaired machine
                could score.
        """
        ((_, logits),) = self.stream(each_of([documents]))
        return logits

    def stream(
        self, source: Stream[D], stopped: Callable[[], bool] = lambda: False
    ) -> Stream[tuple[D, NDArray[np.float32]]]:
        """Score one set of documents after the other; batches never cross from one set to the next.

        Args:
            source: The sets; on a GPU the next one is begun before the last batch of the one before is back.
            stopped: Asked before each batch; once it returns True, no further set is returned.

        Returns:
            Each set with its logits as in `logits`, in order.

        Raises:
            NetworkBroken: As `logits`.
        """
        flights: deque[_Flight] = deque()
        jobs: deque[_Job[D]] = deque()
        with closing(source):
            for documents in source:
                self._try(documents)
                job = _Job(documents, self.forward.classes)
                jobs.append(job)
                for chosen in self._cut(documents.windows):
                    if stopped():
                        return
                    flights.extend(self._start(job, chosen))
                    self._land(flights, self.forward.in_flight)
                job.all_started = True
                yield from self._finished(jobs)
        self._land(flights, 0)
        yield from self._finished(jobs)

    def _finished(self, jobs: deque[_Job[D]]) -> Iterator[tuple[D, NDArray[np.float32]]]:
        while jobs and jobs[0].done:
            job = jobs.popleft()
            if job.nothing_scored:
                self._prove_alive("a whole unit failed")
            yield job.documents, job.logits

    def _try(self, documents: Windowed) -> None:
        chosen = self._trial(documents) if self._trial else None
        if chosen is not None:
            self.forward, self._trial = chosen, None

    def _cut(self, windows: Windows) -> Iterator[NDArray[np.int64]]:
        """Batches, longest windows first; when the budget shrinks, the rest is cut again."""
        waiting = np.arange(len(windows.length))
        while len(waiting):
            budget = self.max_tokens
            buckets = self.forward.fill(self._lengths(windows, waiting), budget)
            for index in range(len(buckets)):
                yield waiting[buckets.batch(index)]
                if self.max_tokens < budget:
                    break
            waiting = waiting[buckets.order[buckets.bounds[index + 1] :]]

    def _lengths(self, windows: Windows, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        return windows.length[chosen] + self._special.count

    def _start(self, job: _Job[Any], chosen: NDArray[np.int64]) -> list[_Flight]:
        """Start a batch; what does not fit or fails is halved until the guilty window stands alone."""
        documents = job.documents
        lengths = self._lengths(documents.windows, chosen)
        cost = self.forward.cost(lengths)
        try:
            pending = self.forward.start(documents.tokens, documents.windows, chosen)
            return [_took_off(job, chosen, pending, Work(int(lengths.sum()), cost))]
        except torch.AcceleratorError:
            raise  # the device is lost: every later batch would fail too
        except RuntimeError as error:
            fault, out_of_memory = str(error), _is_out_of_memory(error)
        # Here, and not in the handler: there the failed batch would still be in memory.
        if out_of_memory:
            self._shrink(len(chosen), cost)
        else:
            log.warning("a batch of %d windows failed, trying its halves: %s", len(chosen), fault)
        if len(chosen) > 1:
            half = len(chosen) // 2
            return [*self._start(job, chosen[:half]), *self._start(job, chosen[half:])]
        log.warning("one window could not be scored; its document is marked `failed`")
        self._count_failures(1, fault)
        return [_took_off(job, chosen, None, Work())]

    def _land(self, flights: deque[_Flight], in_flight: int) -> None:
        """Wait for batches, oldest first, until no more than `in_flight` are under way."""
        while len(flights) > in_flight:
            flight = flights.popleft()
            if flight.pending is not None:
                logits = flight.pending()
                flight.job.logits[flight.chosen] = logits
                self._look_at(logits)
            flight.job.under_way -= 1
            self.work += flight.work

    def _look_at(self, logits: NDArray[np.float32]) -> None:
        if np.isfinite(logits).all(axis=1).any():
            self._failed_in_a_row = 0
        else:
            self._count_failures(len(logits), "the network answers with NaN or infinity")

    def _count_failures(self, windows: int, fault: str) -> None:
        """Tell bad rows from a bad network."""
        before = self._failed_in_a_row
        self._failed_in_a_row += windows
        if self._failed_in_a_row >= GIVE_UP_AFTER:
            raise _broken(f"{self._failed_in_a_row} windows failed one after the other: {fault}")
        if before // DOUBT_AFTER < self._failed_in_a_row // DOUBT_AFTER:
            self._prove_alive(f"{self._failed_in_a_row} windows failed one after the other: {fault}")

    def _prove_alive(self, doubt: str) -> None:
        """Score an empty document: a network that cannot even do that is broken, and the rows are not to blame."""
        tokens = Tokens(np.zeros(0, np.int32), np.zeros(2, np.int64))
        windows = cut_windows(tokens.lengths, WindowSpec(), self._special.count)
        try:
            logits = self.forward.start(tokens, windows, np.zeros(1, np.int64))()
        except torch.AcceleratorError:
            raise
        except RuntimeError as error:
            raise _broken(f"{doubt}; an empty text fails too: {error}") from error
        if not np.isfinite(logits).all():
            raise _broken(f"{doubt}; an empty text gives NaN or infinity too")

    def _shrink(self, windows: int, cost: int) -> None:
        """Remember that a batch of this cost is too much."""
        torch.cuda.empty_cache()
        if windows > 1 and cost // 2 < self.max_tokens:
            self.max_tokens = max(self._special.count + 1, cost // 2)
            log.warning("out of memory: token budget lowered to %d", self.max_tokens)


def _broken(what: str) -> NetworkBroken:
    return NetworkBroken(
        what,
        expected="a network that can score most rows; a single bad row would be marked `failed`",
        action="check the bundle and the machine (device, precision, memory), then run the same command again",
    )


def _is_out_of_memory(error: RuntimeError) -> bool:
    """On CUDA an error of its own, on a CPU one among many."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _took_off(job: _Job[Any], chosen: NDArray[np.int64], pending: Pending | None, work: Work) -> _Flight:
    job.under_way += 1
    return _Flight(job, chosen, pending, work)


def each_of(sets: Iterable[D]) -> Stream[D]:
    """Sets at hand as a stream."""
    yield from sets
