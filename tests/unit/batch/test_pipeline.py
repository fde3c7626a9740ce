"""Steps that overlap."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from batch.pipeline import Pipeline, StageTimes, Stream, each, timed
from tests.support.fake_clock import FakeClock


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


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    before = threading.active_count()
    with Pipeline() as pipeline:
        yield pipeline
    assert threading.active_count() == before


def doubled(source: Stream[int]) -> Stream[int]:
    """A step that is a plain generator and does not close its source."""
    for item in source:
        yield item * 2


def test_items_come_in_order_from_another_thread(pipeline: Pipeline) -> None:
    source = Source(50)
    assert list(pipeline.prefetch(doubled(pipeline.prefetch(source())))) == list(range(0, 100, 2))
    assert source.closed
    assert threading.current_thread().name not in source.threads


def test_nothing_runs_before_it_is_asked_for(pipeline: Pipeline) -> None:
    source = Source()
    pipeline.prefetch(source())
    assert settled(source) == 0


@pytest.mark.parametrize("items", [1, 3])
def test_only_so_many_are_made_ahead(pipeline: Pipeline, items: int) -> None:
    source = Source()
    stream = pipeline.prefetch(source(), items)
    assert next(stream) == 0
    assert settled(source) == 1 + items + 1  # taken, waiting, in the making
    assert next(stream) == 1
    assert settled(source) == 2 + items + 1


def test_leaving_the_block_stops_all_threads() -> None:
    source, before = Source(), threading.active_count()
    with Pipeline() as pipeline:
        assert next(pipeline.prefetch(doubled(pipeline.prefetch(doubled(pipeline.prefetch(source())))))) == 0
    assert pipeline.stopped.is_set()
    assert source.closed
    assert threading.active_count() == before


@pytest.mark.parametrize("fails_at", [0, 5])
def test_a_failure_arrives_after_what_was_made_before_it(pipeline: Pipeline, fails_at: int) -> None:
    source, taken = Source(fails_at=fails_at), []
    stream = pipeline.prefetch(doubled(pipeline.prefetch(source())))
    with pytest.raises(OSError, match="the disk is gone"):
        taken.extend(stream)
    assert source.closed


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
def test_a_failure_in_any_step_ends_all(step: int, error: type[BaseException]) -> None:
    def fails(source: Stream[int]) -> Stream[int]:
        for item in source:
            if item == 3:
                raise error("no more")
            yield item

    source, before = Source(), threading.active_count()
    with pytest.raises(error, match="no more"), Pipeline() as pipeline:  # noqa: PT012
        stream = source()
        for place in range(3):
            stream = pipeline.prefetch(fails(stream) if place == step else doubled(stream) if place > step else stream)
        assert all(item >= 0 for item in stream)
    assert threading.active_count() == before
    assert source.made < 30


def test_who_takes_the_items_fails() -> None:
    source, before = Source(), threading.active_count()
    with pytest.raises(KeyboardInterrupt), Pipeline() as pipeline:  # noqa: PT012
        for item in pipeline.prefetch(doubled(pipeline.prefetch(source()))):
            if item == 6:
                raise KeyboardInterrupt
    assert source.closed
    assert threading.active_count() == before


def test_a_stopped_pipeline_starts_nothing() -> None:
    source = Source()
    with Pipeline() as pipeline:
        pass
    assert list(pipeline.prefetch(source())) == []
    assert source.made == 0


def test_seconds_are_counted_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    times, clock = StageTimes(), FakeClock()
    monkeypatch.setattr("batch.pipeline.time", clock)

    def slow(item: int) -> int:
        clock.sleep(0.02)
        return item

    list(timed(each(slow, Source(5)(), "slow", times), "all", times))
    assert times.seconds["slow"] == pytest.approx(0.1)
    assert times.seconds["all"] >= times.seconds["slow"]


class Shelf:
    """Takes items, and remembers in which thread."""

    def __init__(self, fails_at: int | None = None, seconds: float = 0.0) -> None:
        self.items: list[int] = []
        self.threads: set[str] = set()
        self._fails_at, self._seconds = fails_at, seconds

    def __call__(self, item: int) -> None:
        time.sleep(self._seconds)
        if item == self._fails_at:
            raise OSError("the disk is full")
        self.items.append(item)
        self.threads.add(threading.current_thread().name)


def test_what_computes_runs_here_and_what_finishes_runs_behind(pipeline: Pipeline) -> None:
    source, shelf, here = Source(50), Shelf(), threading.current_thread().name
    pipeline.consume(source(), shelf)
    assert shelf.items == list(range(50))
    assert source.threads == {here}
    assert len(shelf.threads) == 1
    assert here not in shelf.threads
    assert source.closed


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
def test_what_was_made_before_the_source_failed_is_finished(error: type[BaseException]) -> None:
    def fails() -> Stream[int]:
        yield from range(3)
        raise error("no more")

    shelf, before = Shelf(seconds=0.05), threading.active_count()
    with pytest.raises(error, match="no more"), Pipeline() as pipeline:
        pipeline.consume(fails(), shelf)
    assert shelf.items == [0, 1, 2]
    assert threading.active_count() == before


@pytest.mark.parametrize("fails_at", [0, 7])
def test_what_cannot_be_finished_stops_the_source(fails_at: int) -> None:
    source, shelf, before = Source(), Shelf(fails_at), threading.active_count()
    with pytest.raises(OSError, match="the disk is full"), Pipeline() as pipeline:
        pipeline.consume(pipeline.prefetch(source()), shelf)
    assert shelf.items == list(range(fails_at))
    assert source.closed
    assert source.made < fails_at + 6
    assert threading.active_count() == before


def test_a_source_that_fails_after_the_shelf_did_still_ends_everything() -> None:
    def source() -> Stream[int]:
        yield 0
        time.sleep(0.2)
        raise ValueError("the network broke as well")

    before = threading.active_count()
    with pytest.raises(ValueError, match="the network broke as well"), Pipeline() as pipeline:
        pipeline.consume(source(), Shelf(fails_at=0))
    assert threading.active_count() == before


def test_a_stopped_pipeline_finishes_nothing() -> None:
    source, shelf = Source(5), Shelf()
    with Pipeline() as pipeline:
        pass
    pipeline.consume(source(), shelf)
    assert shelf.items == []
    assert source.made <= 1
