"""Windows in, logits out."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from batch.engine.engine import DOUBT_AFTER, GIVE_UP_AFTER, Engine, Windowed, Work, each_of
from batch.forward.buckets import Buckets, fill_buckets
from batch.forward.protocol import Pending
from models.tokens import SpecialTokens, Tokens
from models.windows import Windows, WindowSpec, cut_windows
from storage.errors import NetworkBroken
from tests.support.windowed_documents import Documents

SPECIAL = SpecialTokens((2,), (3,), 0, 1)


def documents(*lengths: int) -> Documents:
    """Documents whose tokens are numbered through; document d of length n begins with token 1000 * d."""
    ids = np.concatenate([np.arange(n) + 1000 * d for d, n in enumerate(lengths)] or [np.zeros(0)]).astype(np.int32)
    tokens = Tokens(ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    return Documents(tokens, cut_windows(tokens.lengths, WindowSpec(max_length=100), 2))


class Recorder:
    """A way of running a batch whose answer to a window is its length and its first token.

    `refuse` decides about each batch: it may raise.
    """

    name = "recorder"
    classes = 2

    def __init__(
        self,
        refuse: Callable[[list[int], int], None] = lambda _windows, _padded: None,
        ahead: int = 0,
        answers: Callable[[NDArray[np.float32]], NDArray[np.float32]] = lambda logits: logits,
    ) -> None:
        self._answers = answers
        self.batches: list[list[int]] = []
        self.ahead = ahead
        self._refuse = refuse
        self.under_way = 0
        self.most_under_way = 0

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        return fill_buckets(lengths, max_tokens)

    def cost(self, lengths: NDArray[np.int64]) -> int:
        return int(lengths.max()) * len(lengths)

    def start(self, _tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        self._refuse(chosen.tolist(), self.cost(windows.length[chosen] + 2))
        self.batches.append(chosen.tolist())
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)

        def wait() -> NDArray[np.float32]:
            self.under_way -= 1
            return self._answers(self.expected(windows)[chosen])

        return wait

    @staticmethod
    def expected(windows: Windows) -> NDArray[np.float32]:
        return np.stack([windows.length, windows.doc * 1000], axis=1).astype(np.float32)


def out_of_memory_above(limit: int) -> Callable[[list[int], int], None]:
    def refuse(_windows: list[int], padded: int) -> None:
        if padded > limit:
            raise torch.OutOfMemoryError(f"{padded} tokens do not fit")

    return refuse


def fails_on(*guilty: int) -> Callable[[list[int], int], None]:
    def refuse(windows: list[int], _padded: int) -> None:
        if set(windows) & set(guilty):
            raise RuntimeError("this one cannot be computed")

    return refuse


class TestOrder:
    def test_is_restored(self) -> None:
        there = documents(3, 9, 0, 4, 30, 3)
        forward = Recorder()
        logits = Engine(forward, SPECIAL, 32).logits(there)
        np.testing.assert_array_equal(logits, Recorder.expected(there.windows))
        assert forward.batches == [[4], [1, 3], [0, 5, 2]]  # longest first

    def test_no_windows(self) -> None:
        engine = Engine(Recorder(), SPECIAL, 32)
        assert engine.logits(documents()).shape == (0, 2)
        assert engine.work == Work()


class TestStream:
    SETS = ((3, 9, 0, 4, 30, 3), (), (8,) * 40, (1,))

    @pytest.mark.parametrize("ahead", [0, 1, 3])
    def test_every_set_in_order_as_if_it_were_alone(self, ahead: int) -> None:
        sets = [documents(*lengths) for lengths in self.SETS]
        forward = Recorder(ahead=ahead)
        answers = list(Engine(forward, SPECIAL, 32).stream(each_of(sets)))
        assert [there for there, _ in answers] == sets
        for there, logits in answers:
            np.testing.assert_array_equal(logits, Recorder.expected(there.windows))
        assert forward.most_under_way == ahead + 1
        assert forward.under_way == 0

    def test_on_a_cpu_a_set_is_handed_on_before_the_next_is_asked_for(self) -> None:
        asked = []

        def source() -> Iterator[Documents]:
            for number in range(3):
                asked.append(number)
                yield documents(5, 6)

        answers = Engine(Recorder(), SPECIAL, 32).stream(source())
        for number in range(3):
            next(answers)
            assert asked == list(range(number + 1))

    @pytest.mark.parametrize("ahead", [0, 2])
    def test_failures_stay_in_their_set(self, ahead: int) -> None:
        sets = [documents(5, 6, 7), documents(5, 90, 7), documents(5, 6, 7)]
        forward = Recorder(out_of_memory_above(60), ahead=ahead)
        failed = [np.isnan(logits[:, 0]).tolist() for _, logits in Engine(forward, SPECIAL, 200).stream(each_of(sets))]
        assert failed == [[False] * 3, [False, True, False], [False] * 3]

    @pytest.mark.parametrize("ahead", [0, 2])
    def test_a_stop_ends_it_between_two_batches(self, ahead: int) -> None:
        forward = Recorder(ahead=ahead)
        sets = [documents(*[8] * 40) for _ in range(3)]
        handed_on = list(Engine(forward, SPECIAL, 32).stream(each_of(sets), lambda: len(forward.batches) >= 20))
        assert len(forward.batches) == 20  # 14 batches a set
        assert [there for there, _ in handed_on] == sets[: 1 if not ahead else len(handed_on)]
        assert len(handed_on) <= 1


class TestTrial:
    def test_is_asked_until_it_answers_and_then_never_again(self) -> None:
        usual, better = Recorder(), Recorder()
        asked = []

        def trial(there: Windowed) -> Recorder | None:
            asked.append(there)
            return better if len(there.windows.length) > 1 else None

        sets = [documents(), documents(5), documents(5, 6), documents(7)]
        engine = Engine(usual, SPECIAL, 32, trial)
        for there, logits in engine.stream(each_of(sets)):
            np.testing.assert_array_equal(logits, Recorder.expected(there.windows))
        assert asked == sets[:3]
        assert (len(usual.batches), len(better.batches)) == (1, 2)
        assert engine.forward is better


class TestOutOfMemory:
    def test_on_a_cpu_it_is_a_plain_runtime_error(self) -> None:
        def refuse(_windows: list[int], padded: int) -> None:
            if padded > 100:
                raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

        there = documents(*[8] * 64)
        engine = Engine(Recorder(refuse), SPECIAL, 640)
        np.testing.assert_array_equal(engine.logits(there), Recorder.expected(there.windows))
        assert engine.max_tokens <= 100

    def test_batches_are_halved_until_they_fit(self) -> None:
        there = documents(*[8] * 64)
        engine = Engine(Recorder(out_of_memory_above(100)), SPECIAL, 640)
        np.testing.assert_array_equal(engine.logits(there), Recorder.expected(there.windows))

    def test_the_budget_settles_just_below_what_fits(self) -> None:
        there = documents(*[8] * 2000)
        tried: list[int] = []
        fits = out_of_memory_above(100)

        def refuse(chosen: list[int], padded: int) -> None:
            tried.append(padded)
            fits(chosen, padded)

        engine = Engine(Recorder(refuse), SPECIAL, 640)
        np.testing.assert_array_equal(engine.logits(there), Recorder.expected(there.windows))
        assert 50 <= engine.max_tokens <= 100
        assert sum(padded > 100 for padded in tried) <= 1 + 2 + 4  # the first batch and its pieces, no other
        before = len(tried)
        engine.logits(there)
        assert max(tried[before:]) <= 100  # and remembers

    def test_one_window_that_never_fits(self) -> None:
        there = documents(5, 90, 6)
        engine = Engine(Recorder(out_of_memory_above(50)), SPECIAL, 64)
        logits = engine.logits(there)
        assert np.isnan(logits).any(axis=1).tolist() == [False, True, False]
        np.testing.assert_array_equal(logits[[0, 2]], Recorder.expected(there.windows)[[0, 2]])
        assert engine.max_tokens == 64  # a single long text says nothing about batches

    def test_when_nothing_fits_the_rows_are_not_to_blame(self) -> None:
        engine = Engine(Recorder(out_of_memory_above(0)), SPECIAL, 64)
        with pytest.raises(NetworkBroken, match="a whole unit failed; an empty text fails too: 2 tokens do not fit"):
            engine.logits(documents(*[5] * 20))
        assert engine.max_tokens >= 3

    def test_the_failed_batch_is_gone_before_its_halves_are_tried(self) -> None:
        alive: list[weakref.ref[Tensor]] = []

        def refuse(_windows: list[int], padded: int) -> None:
            assert [each for each in alive if each() is not None] == []
            batch = torch.zeros(padded)
            alive.append(weakref.ref(batch))
            if padded > 100:
                raise torch.OutOfMemoryError(f"{len(batch)} tokens do not fit")

        Engine(Recorder(refuse), SPECIAL, 640).logits(documents(*[8] * 64))
        assert len(alive) > 4


class TestFailures:
    @pytest.mark.parametrize("guilty", [(0,), (9,), (3, 4), (0, 5, 9)])
    def test_only_the_guilty_are_nan(self, guilty: tuple[int, ...]) -> None:
        there = documents(*range(1, 11))
        logits = Engine(Recorder(fails_on(*guilty)), SPECIAL, 60).logits(there)
        assert np.flatnonzero(np.isnan(logits).all(axis=1)).tolist() == list(guilty)
        others = np.setdiff1d(np.arange(10), guilty)
        np.testing.assert_array_equal(logits[others], Recorder.expected(there.windows)[others])

    @pytest.mark.parametrize("windows", [1, 3, 100])
    def test_a_network_that_fails_on_everything_stops_the_run(self, windows: int) -> None:
        engine = Engine(Recorder(fails_on(*range(100))), SPECIAL, 60)
        with pytest.raises(NetworkBroken, match="an empty text fails too: this one"):
            engine.logits(documents(*[5] * windows))

    @pytest.mark.parametrize("windows", [1, 3, 100])
    def test_a_network_that_answers_with_nan_stops_the_run(self, windows: int) -> None:
        engine = Engine(Recorder(answers=lambda logits: logits * np.nan), SPECIAL, 60)
        with pytest.raises(NetworkBroken, match="an empty text gives NaN or infinity too"):
            engine.logits(documents(*[5] * windows))

    def test_bad_rows_are_to_blame_where_an_empty_text_can_be_scored(self) -> None:
        count = DOUBT_AFTER * 3
        engine = Engine(Recorder(fails_on(*range(1, count + 1))), SPECIAL, 60)
        there = documents(3, *[5] * count)  # window 0 is the shortest: it comes last
        assert np.isnan(engine.logits(there)[:, 0]).tolist() == [False] + [True] * count

    def test_but_not_without_end(self) -> None:
        engine = Engine(Recorder(fails_on(*range(1, GIVE_UP_AFTER + 2))), SPECIAL, 600)
        with pytest.raises(NetworkBroken, match=f"{GIVE_UP_AFTER} windows failed one after the other"):
            engine.logits(documents(3, *[5] * (GIVE_UP_AFTER + 1)))

    @pytest.mark.parametrize("ahead", [0, 2])
    def test_no_set_is_handed_on_before_its_network_is_proven(self, ahead: int) -> None:
        engine = Engine(Recorder(fails_on(*range(100)), ahead=ahead), SPECIAL, 60)
        with pytest.raises(NetworkBroken):
            next(engine.stream(each_of([documents(5, 5), documents(5)])))

    def test_many_bad_rows_among_good_ones_do_not(self) -> None:
        there = documents(*[5] * 300)
        guilty = np.arange(0, 300, 3)
        logits = Engine(Recorder(fails_on(*guilty.tolist())), SPECIAL, 60).logits(there)
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(logits).all(axis=1)), guilty)

    def test_failures_leave_the_budget_alone(self) -> None:
        engine = Engine(Recorder(fails_on(1)), SPECIAL, 60)
        engine.logits(documents(5, 5, 5))
        assert engine.max_tokens == 60

    @pytest.mark.parametrize("error", [torch.AcceleratorError("the device is lost", 1), KeyError("a bug")])
    def test_a_lost_device_and_a_bug_are_nobody_s_bad_row(self, error: Exception) -> None:
        def refuse(_windows: list[int], _padded: int) -> None:
            raise error

        with pytest.raises(type(error)):
            Engine(Recorder(refuse), SPECIAL, 60).logits(documents(5, 5))


class TestWork:
    def test_counts_tokens_and_padding(self) -> None:
        engine = Engine(Recorder(), SPECIAL, 24)
        engine.logits(documents(10, 9, 3, 0))  # with specials 12 + 11, 5 + 2
        assert engine.work == Work(tokens=30, padded=24 + 10)
        assert engine.work.padding_share == pytest.approx(4 / 34)
        engine.logits(documents(10))
        assert engine.work == Work(tokens=42, padded=46)

    def test_counts_what_was_computed_and_not_what_failed(self) -> None:
        engine = Engine(Recorder(fails_on(0)), SPECIAL, 48)
        engine.logits(documents(10, 10, 4, 4))
        # together; then 0 with 1, 0 alone, 1 alone; then 2 with 3
        assert engine.work == Work(tokens=12 + 6 + 6, padded=12 + 12)

    def test_adds_up(self) -> None:
        assert Work(1, 2) + Work(3, 4) == Work(4, 6)
        assert Work().padding_share == 0.0
