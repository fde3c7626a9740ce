"""Windows in, logits out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from batch.forward import (
    GIVE_UP_AFTER,
    Engine,
    EngineSettings,
    PaddedForward,
    Work,
    choose_device,
    resolve_settings,
)
from models.manifest import HeadSpec
from models.tokens import SpecialTokens, Tokenizer, Tokens
from models.windows import Windows, WindowSpec, cut_windows
from storage.errors import ConfigError, NetworkBroken
from tests.support.networks import backend, sentences, tiny_network

SPECIAL = SpecialTokens((2,), (3,), 0, 1)


def documents(*lengths: int) -> tuple[Tokens, Windows]:
    """Documents whose tokens are numbered through; document d of length n begins with token 1000 * d."""
    ids = np.concatenate([np.arange(n) + 1000 * d for d, n in enumerate(lengths)] or [np.zeros(0)]).astype(np.int32)
    tokens = Tokens(ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    return tokens, cut_windows(tokens.lengths, WindowSpec(max_length=100), 2)


class Recorder:
    """A way of running a batch whose answer to a window is its length and its first token.

    `refuse` decides about each batch: it may raise.
    """

    classes = 2

    def __init__(self, refuse: Callable[[list[int], int], None] = lambda _windows, _padded: None) -> None:
        self.batches: list[list[int]] = []
        self._refuse = refuse

    def run(self, _tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        self._refuse(chosen.tolist(), len(chosen) * int(windows.length[chosen].max() + 2))
        self.batches.append(chosen.tolist())
        return self.expected(windows)[chosen]

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
        tokens, windows = documents(3, 9, 0, 4, 30, 3)
        forward = Recorder()
        logits = Engine(forward, SPECIAL, 32).logits(tokens, windows)
        np.testing.assert_array_equal(logits, Recorder.expected(windows))
        assert forward.batches == [[4], [1, 3], [0, 5, 2]]  # longest first

    def test_no_windows(self) -> None:
        engine = Engine(Recorder(), SPECIAL, 32)
        assert engine.logits(*documents()).shape == (0, 2)
        assert engine.work == Work()

    @pytest.mark.parametrize("max_tokens", [1, 20, 64, 10_000])
    def test_a_score_depends_on_its_text_alone(self, max_tokens: int) -> None:
        tokenizer = Tokenizer(backend(), pad=0, unknown=1)
        network = tiny_network(HeadSpec(pooling="mean"))
        forward = PaddedForward(network, tokenizer.special, 3, torch.device("cpu"), "fp32")
        engine = Engine(forward, tokenizer.special, max_tokens)
        texts = sentences(20, 12)

        def score(chosen: list[str]) -> NDArray[np.float32]:
            tokens = tokenizer.encode(chosen)
            return engine.logits(tokens, cut_windows(tokens.lengths, WindowSpec(max_length=16), 2))

        together = score(texts)
        assert together.std() > 0.1
        alone = np.concatenate([score([text]) for text in texts])
        np.testing.assert_allclose(together, alone, atol=1e-5)
        np.testing.assert_allclose(score(texts[::-1])[::-1], alone, atol=1e-5)


class TestOutOfMemory:
    def test_batches_are_halved_until_they_fit(self) -> None:
        tokens, windows = documents(*[8] * 64)
        engine = Engine(Recorder(out_of_memory_above(100)), SPECIAL, 640)
        np.testing.assert_array_equal(engine.logits(tokens, windows), Recorder.expected(windows))

    def test_the_budget_settles_just_below_what_fits(self) -> None:
        tokens, windows = documents(*[8] * 2000)
        tried: list[int] = []
        fits = out_of_memory_above(100)

        def refuse(chosen: list[int], padded: int) -> None:
            tried.append(padded)
            fits(chosen, padded)

        engine = Engine(Recorder(refuse), SPECIAL, 640)
        np.testing.assert_array_equal(engine.logits(tokens, windows), Recorder.expected(windows))
        assert 50 <= engine.max_tokens <= 100
        assert sum(padded > 100 for padded in tried) <= 1 + 2 + 4  # the first batch and its pieces, no other
        before = len(tried)
        engine.logits(tokens, windows)
        assert max(tried[before:]) <= 100  # and remembers

    def test_one_window_that_never_fits(self) -> None:
        tokens, windows = documents(5, 90, 6)
        engine = Engine(Recorder(out_of_memory_above(50)), SPECIAL, 64)
        logits = engine.logits(tokens, windows)
        assert np.isnan(logits).any(axis=1).tolist() == [False, True, False]
        np.testing.assert_array_equal(logits[[0, 2]], Recorder.expected(windows)[[0, 2]])
        assert engine.max_tokens == 64  # a single long text says nothing about batches

    def test_when_nothing_fits(self) -> None:
        engine = Engine(Recorder(out_of_memory_above(0)), SPECIAL, 64)
        assert np.isnan(engine.logits(*documents(*[5] * 20))).all()
        assert engine.max_tokens >= 3


class TestFailures:
    @pytest.mark.parametrize("guilty", [(0,), (9,), (3, 4), (0, 5, 9)])
    def test_only_the_guilty_are_nan(self, guilty: tuple[int, ...]) -> None:
        tokens, windows = documents(*range(1, 11))
        logits = Engine(Recorder(fails_on(*guilty)), SPECIAL, 60).logits(tokens, windows)
        assert np.flatnonzero(np.isnan(logits).all(axis=1)).tolist() == list(guilty)
        others = np.setdiff1d(np.arange(10), guilty)
        np.testing.assert_array_equal(logits[others], Recorder.expected(windows)[others])

    def test_a_network_that_fails_on_everything_stops_the_run(self) -> None:
        engine = Engine(Recorder(fails_on(*range(100))), SPECIAL, 60)
        with pytest.raises(NetworkBroken, match=f"{GIVE_UP_AFTER} windows failed one after the other: this one"):
            engine.logits(*documents(*[5] * 100))

    def test_many_bad_rows_among_good_ones_do_not(self) -> None:
        tokens, windows = documents(*[5] * 300)
        guilty = np.arange(0, 300, 3)
        logits = Engine(Recorder(fails_on(*guilty.tolist())), SPECIAL, 60).logits(tokens, windows)
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(logits).all(axis=1)), guilty)

    def test_failures_leave_the_budget_alone(self) -> None:
        engine = Engine(Recorder(fails_on(1)), SPECIAL, 60)
        engine.logits(*documents(5, 5, 5))
        assert engine.max_tokens == 60

    @pytest.mark.parametrize("error", [torch.AcceleratorError("the device is lost", 1), KeyError("a bug")])
    def test_a_lost_device_and_a_bug_are_nobody_s_bad_row(self, error: Exception) -> None:
        def refuse(_windows: list[int], _padded: int) -> None:
            raise error

        with pytest.raises(type(error)):
            Engine(Recorder(refuse), SPECIAL, 60).logits(*documents(5, 5))


class TestWork:
    def test_counts_tokens_and_padding(self) -> None:
        engine = Engine(Recorder(), SPECIAL, 24)
        engine.logits(*documents(10, 9, 3, 0))  # with specials 12 + 11, 5 + 2
        assert engine.work == Work(tokens=30, padded=24 + 10)
        assert engine.work.padding_share == pytest.approx(4 / 34)
        engine.logits(*documents(10))
        assert engine.work == Work(tokens=42, padded=46)

    def test_counts_what_was_computed_and_not_what_failed(self) -> None:
        engine = Engine(Recorder(fails_on(0)), SPECIAL, 48)
        engine.logits(*documents(10, 10, 4, 4))
        # together; then 0 with 1, 0 alone, 1 alone; then 2 with 3
        assert engine.work == Work(tokens=12 + 6 + 6, padded=12 + 12)

    def test_adds_up(self) -> None:
        assert Work(1, 2) + Work(3, 4) == Work(4, 6)
        assert Work().padding_share == 0.0


class TestPaddedForward:
    @pytest.mark.skipif(not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="no bf16 on this processor")
    def test_bf16_stays_near_fp32(self) -> None:
        tokenizer = Tokenizer(backend(), pad=0, unknown=1)
        tokens = tokenizer.encode(sentences(20, 12))
        windows = cut_windows(tokens.lengths, WindowSpec(max_length=16), 2)
        network = tiny_network(HeadSpec(pooling="mean"))
        exact, fast = (
            PaddedForward(network, tokenizer.special, 3, torch.device("cpu"), precision).run(
                tokens, windows, np.arange(20)
            )
            for precision in ("fp32", "bf16")
        )
        assert exact.dtype == fast.dtype == np.float32
        assert not np.array_equal(exact, fast)
        np.testing.assert_allclose(fast, exact, atol=0.05 * np.abs(exact).max())


class TestSettings:
    def test_auto(self) -> None:
        settings = resolve_settings(EngineSettings())
        if not torch.cuda.is_available():
            assert (settings.device, settings.max_tokens) == ("cpu", 1024)
        assert "auto" not in (settings.device, settings.precision)

    def test_what_is_asked_for_stays(self) -> None:
        asked = EngineSettings("cpu", "fp32", 17)
        assert resolve_settings(asked) == asked

    @pytest.mark.parametrize("device", ["cuda:99", *([] if torch.cuda.is_available() else ["cuda"])])
    def test_a_device_that_is_not_there(self, device: str) -> None:
        with pytest.raises(ConfigError, match=f"device '{device}'"):
            choose_device(device)

    def test_a_precision_that_the_device_lacks(self) -> None:
        with pytest.raises(ConfigError, match="precision 'fp16' on cpu"):
            resolve_settings(EngineSettings("cpu", "fp16"))
