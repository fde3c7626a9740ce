"""Steps that overlap: generators and functions that a pipeline runs in threads, with bounded queues between them.

    with Pipeline() as pipeline:
        raw = pipeline.prefetch(read(units))                    # thread 1
        ready = pipeline.prefetch(each(prepare, raw))           # thread 2
        pipeline.consume(engine.stream(ready), stage)         # the network here, stage in thread 3

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

    def prefetch(self, source: Stream[A], items: int = 1) -> Stream[A]:
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

    def consume(self, source: Stream[A], finish: Callable[[A], None], items: int = 1) -> None:
        """Run a generator in this thread, and a function on each of its items in another one.

        For the step that computes: torch keeps a team of threads for each thread that calls it, and two teams on
        the same cores make each other wait.

        Args:
            source: Runs here, and is closed here.
            finish: Takes the items, in order. Whatever ends the source, those that it made are still finished.
            items: How many may wait for it.

        Raises:
            BaseException: What the source raises, or what the function does; the pipeline is stopped with it.
        """
        made: Queue[Any] = Queue(items)
        failures: list[BaseException] = []
        worker = Thread(target=self._finish, args=(finish, made, failures), daemon=True)
        self._start(worker)
        try:
            with closing(source):
                for item in source:
                    if not self._put(made, item):
                        break
        finally:
            self._put(made, _End)
            if worker.ident is not None:
                worker.join()
        if failures:
            raise failures[0]

    def _finish(self, finish: Callable[[A], None], made: Queue[Any], failures: list[BaseException]) -> None:
        try:
            while (item := self._take(made)) is not _End:
                finish(item)
        except BaseException as error:  # noqa: BLE001  # raised again where the source runs
            failures.append(error)
            self.stopped.set()

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


def counted(function: Callable[[A], B], step: str, times: StageTimes) -> Callable[[A], B]:
    """The same function, its seconds counted.

    Args:
        function: What to do with an item.
        step: Under which name its seconds are counted.
        times: Where they are counted.
    """

    def run(item: A) -> B:
        started = time.perf_counter()
        result = function(item)
        times.add(step, time.perf_counter() - started)
        return result

    return run


def each(function: Callable[[A], B], source: Stream[A], step: str, times: StageTimes) -> Stream[B]:
    """Map a function over a generator, lazily; its seconds are counted as in `counted`."""
    with closing(source):
        yield from map(counted(function, step, times), source)


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
