"""Steps that overlap: each is a generator, and `ahead` runs one in a thread of its own behind a bounded queue.

    raw = ahead(read(units))              # thread 1
    ready = ahead(each(prepare, raw))     # thread 2
    scored = ahead(engine.stream(ready))  # thread 3
    with closing(scored):
        for item in scored: ...           # here

Closing the last one stops and closes all before it: each thread ends the item that it is at and starts no other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")
Stream = Generator[A, None, None]

_LOOK_AGAIN_S = 0.05


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


def each(function: Callable[[A], B], source: Stream[A], step: str, times: StageTimes | None = None) -> Stream[B]:
    """Map a function over a generator, lazily; closing the result closes the source.

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
            if times is not None:
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


def ahead(source: Stream[A], items: int = 1) -> Stream[A]:
    """Run a generator in a thread, some items ahead of who takes them.

    Args:
        source: Runs in the thread, and is closed there.
        items: How many finished items may wait; memory holds one more, the one being made.

    Returns:
        The items, in order; what the source raises is raised here.
    """
    made: Queue[A | _Failure | type[_End]] = Queue(items)
    stopped = Event()
    thread = Thread(target=_work, args=(source, made, stopped))
    thread.start()
    try:
        while (item := made.get()) is not _End:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        _empty(made, thread)


def _work(source: Stream[A], made: Queue[A | _Failure | type[_End]], stopped: Event) -> None:
    try:
        with closing(source):
            for item in source:
                made.put(item)
                if stopped.is_set():
                    return
    except BaseException as error:  # noqa: BLE001  # raised again where the items are taken
        made.put(_Failure(error))
    else:
        made.put(_End)


def _empty(made: Queue[A | _Failure | type[_End]], thread: Thread) -> None:
    """Take and drop what waits, so that the thread can end."""
    while thread.is_alive():
        try:
            made.get(timeout=_LOOK_AGAIN_S)
        except Empty:
            thread.join(_LOOK_AGAIN_S)
