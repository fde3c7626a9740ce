"""Steps that overlap: each is a generator, and a pipeline runs those that should in threads behind bounded queues.

    with Pipeline() as pipeline:
        raw = pipeline.ahead(read(units))                # thread 1
        ready = pipeline.ahead(each(prepare, raw))       # thread 2
        scored = pipeline.ahead(engine.stream(ready))    # thread 3
        for item in scored: ...                          # here

Leaving the block, for whatever reason, stops all threads and waits for them: each ends what it is at and starts
nothing new.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self, TypeVar

A = TypeVar("A")
B = TypeVar("B")
Stream = Generator[A, None, None]

_LOOK_AGAIN_S = 0.05
"""How often a thread that waits for another looks whether it should stop."""


@dataclass(slots=True)
class StageTimes:
    """Seconds that each step of a pipeline was busy; steps overlap, so that they add up to more than the clock.

    Attributes:
        seconds: By step.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, step: str, seconds: float) -> None:
        """Count seconds; each step is counted by one thread."""
        self.seconds[step] = self.seconds.get(step, 0.0) + seconds


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException


class _End:
    pass


class Pipeline:
    """Owns the threads of some steps.

    Attributes:
        stopped: Set once the block is left; a step with a long way to its next item looks at it.
    """

    def __init__(self) -> None:
        self.stopped = Event()
        self._threads: list[Thread] = []
        self._starting = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        with self._starting:
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    def ahead(self, source: Stream[A], items: int = 1) -> Stream[A]:
        """Run a generator in a thread, some items ahead of who takes them.

        Args:
            source: Runs in the thread, and is closed there.
            items: How many finished items may wait; memory holds one more, the one being made.

        Returns:
            The items, in order; what the source raises is raised here. Ends early when the pipeline is stopped.
        """
        made: Queue[Any] = Queue(items)
        self._start(Thread(target=self._work, args=(source, made), daemon=True))
        while (item := self._take(made)) is not _End:
            if isinstance(item, _Failure):
                raise item.error
            yield item

    def _start(self, thread: Thread) -> None:
        with self._starting:
            if not self.stopped.is_set():
                self._threads.append(thread)
                thread.start()

    def _work(self, source: Stream[A], made: Queue[Any]) -> None:
        try:
            with closing(source):
                for item in source:
                    if not self._put(made, item):
                        return
        except BaseException as error:  # noqa: BLE001  # raised again where the items are taken
            self._put(made, _Failure(error))
        else:
            self._put(made, _End)

    def _put(self, made: Queue[Any], item: Any) -> bool:
        while not self.stopped.is_set():
            try:
                made.put(item, timeout=_LOOK_AGAIN_S)
            except Full:
                continue
            return True
        return False

    def _take(self, made: Queue[Any]) -> Any:
        while not self.stopped.is_set():
            try:
                return made.get(timeout=_LOOK_AGAIN_S)
            except Empty:
                continue
        return _End


def each(function: Callable[[A], B], source: Stream[A], step: str, times: StageTimes) -> Stream[B]:
    """Map a function over a generator, lazily.

    Args:
        function: What to do with an item.
        source: The items.
        step: Under which name its seconds are counted.
        times: Where they are counted.
    """
    with closing(source):
        for item in source:
            started = time.perf_counter()
            result = function(item)
            times.add(step, time.perf_counter() - started)
            yield result


def timed(source: Stream[A], step: str, times: StageTimes) -> Stream[A]:
    """Count the seconds that a generator takes to bring its items, those of the steps before it included."""
    with closing(source):
        while True:
            started = time.perf_counter()
            try:
                item = next(source)
            except StopIteration:
                return
            finally:
                times.add(step, time.perf_counter() - started)
            yield item
