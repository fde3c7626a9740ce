"""Steps that overlap."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from batch.pipeline import StageTimes, Stream, ahead, each, timed


class Source:
    """Counts up, and remembers what became of it."""

    def __init__(self, items: int = 1_000_000, fails_at: int | None = None) -> None:
        self.made = 0
        self.closed = False
        self.threads: set[str] = set()
        self._items = items
        self._fails_at = fails_at

    def __call__(self) -> Stream[int]:
        try:
            for item in range(self._items):
                if item == self._fails_at:
                    raise OSError("the disk is gone")
                self.made += 1
                self.threads.add(threading.current_thread().name)
                yield item
        finally:
            self.closed = True


def settled(source: Source) -> int:
    """How many items it has made once it has made all that it may."""
    seen = -1
    while seen != source.made:
        seen = source.made
        time.sleep(0.1)
    return seen


def test_items_come_in_order_from_another_thread() -> None:
    source = Source(50)
    assert list(ahead(each(lambda item: item * 2, ahead(source()), "double"))) == list(range(0, 100, 2))
    assert source.closed
    assert threading.current_thread().name not in source.threads


def test_nothing_runs_before_it_is_asked_for() -> None:
    source = Source()
    ahead(source())
    assert settled(source) == 0


@pytest.mark.parametrize("items", [1, 3])
def test_only_so_many_are_made_ahead(items: int) -> None:
    source = Source()
    with closing(ahead(source(), items)) as stream:
        assert next(stream) == 0
        assert settled(source) == 1 + items + 1  # taken, waiting, in the making
        assert next(stream) == 1
        assert settled(source) == 2 + items + 1


def test_closing_the_last_step_closes_all() -> None:
    source, before = Source(), threading.active_count()
    with closing(ahead(each(str, ahead(each(abs, ahead(source()), "a")), "b"))) as stream:
        assert next(stream) == "0"
    assert source.closed
    assert threading.active_count() == before


@pytest.mark.parametrize("fails_at", [0, 5])
def test_a_failure_arrives_after_what_was_made_before_it(fails_at: int) -> None:
    source, taken = Source(fails_at=fails_at), []
    before = threading.active_count()
    with pytest.raises(OSError, match="the disk is gone"):
        taken.extend(ahead(each(abs, ahead(source()), "a")))
    assert source.closed
    assert threading.active_count() == before


def test_who_takes_the_items_fails() -> None:
    source, before = Source(), threading.active_count()

    def refuse(item: int) -> int:
        if item == 3:
            raise KeyboardInterrupt
        return item

    with pytest.raises(KeyboardInterrupt):
        list(each(refuse, ahead(each(abs, ahead(source()), "a")), "b"))
    assert source.closed
    assert threading.active_count() == before


def test_seconds_are_counted_by_step() -> None:
    times = StageTimes()

    def slow(item: int) -> int:
        time.sleep(0.02)
        return item

    list(timed(each(slow, Source(5)(), "slow", times), "all", times))
    assert times.seconds["slow"] >= 0.1
    assert times.seconds["all"] >= times.seconds["slow"]
