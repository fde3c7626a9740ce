"""Batches on a CPU."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from batch.engine.engine import Engine
from batch.forward.cpu import CPU, FlatForward, choose_cpu_budget, choose_cpu_forward
from batch.forward.padded import PaddedForward
from batch.forward.protocol import Forward
from models.acceleration import network as network_module
from models.manifest import HeadSpec
from models.precision import Precision
from models.tokens import Tokenizer, Tokens
from models.windows import Windows, WindowSpec, cut_windows
from tests.support.encoder_families import family_network
from tests.support.networks import backend, bert_config, sentences, tiny_network
from tests.support.windowed_documents import Documents
from tests.unit.models.acceleration.test_linears import KINDS

TOKENIZER = Tokenizer(backend(), pad=0, unknown=1)
TOLERANCE = {"fp32": 1e-4, "bf16": 0.05, "int8": 0.15}


def batch(texts: list[str]) -> tuple[Tokens, Windows]:
    tokens = TOKENIZER.encode(pl.Series(texts, dtype=pl.String))
    return tokens, cut_windows(tokens.lengths, WindowSpec(max_length=16), 2)


def score(forward: Forward, texts: list[str], max_tokens: int = 64) -> NDArray[np.float32]:
    return Engine(forward, TOKENIZER.special, max_tokens).logits(Documents(*batch(texts)))


def choose(network: nn.Module, precision: Precision) -> Forward:
    return choose_cpu_forward(network, TOKENIZER.special, 3, precision)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
class TestFlatForward:
    def test_agrees_with_padded_float32(self, pooling: str, kind: Precision) -> None:
        network = tiny_network(HeadSpec(pooling=pooling))  # type: ignore[arg-type]
        texts = ["", *sentences(30, 20)]  # an empty one, and some that are cut
        forward = choose(network, kind)
        assert isinstance(forward, FlatForward)
        exact = score(PaddedForward(network, TOKENIZER.special, 3, CPU, "fp32"), texts)
        made = score(forward, texts)
        assert made.dtype == np.float32
        np.testing.assert_allclose(made, exact, atol=TOLERANCE[kind] * np.ptp(exact, axis=0).max())

    def test_answers_stand_where_their_windows_stood(self, pooling: str, kind: Precision) -> None:
        forward = choose(tiny_network(HeadSpec(pooling=pooling)), kind)  # type: ignore[arg-type]
        tokens, windows = batch(sentences(12, 14))
        chosen = np.arange(12)
        shuffled = np.random.default_rng(0).permutation(12)
        np.testing.assert_array_equal(
            forward.start(tokens, windows, shuffled)().argmax(1),
            forward.start(tokens, windows, chosen)().argmax(1)[shuffled],
        )

    def test_the_same_batches_give_the_same_bytes(self, pooling: str, kind: Precision) -> None:
        forward = choose(tiny_network(HeadSpec(pooling=pooling)), kind)  # type: ignore[arg-type]
        texts = sentences(30, 14)
        assert score(forward, texts).tobytes() == score(forward, texts).tobytes()


class TestChoice:
    @pytest.mark.parametrize("kind", KINDS)
    def test_unknown_blocks_are_padded(self, kind: Precision) -> None:
        network = family_network("modernbert")
        forward = choose(network, kind)
        assert isinstance(forward, PaddedForward)
        texts = sentences(20, 14)
        exact = score(PaddedForward(network, TOKENIZER.special, 3, CPU, "fp32"), texts)
        np.testing.assert_allclose(score(forward, texts), exact, atol=TOLERANCE[kind] * np.ptp(exact, axis=0).max())

    @pytest.mark.parametrize("kind", KINDS)
    def test_operators_at_fault(
        self, kind: Precision, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(network_module, "find_fault", lambda _: "it is broken")
        network = tiny_network()
        forward = choose(network, kind)
        assert isinstance(forward, PaddedForward)
        assert "it is broken" in caplog.text
        texts = sentences(20, 14)
        exact = score(PaddedForward(network, TOKENIZER.special, 3, CPU, "fp32"), texts)
        np.testing.assert_allclose(score(forward, texts), exact, atol=0.05 * np.ptp(exact, axis=0).max())

    def test_a_row_that_breaks_int8_stands_alone(self) -> None:
        if not torch.cpu._is_vnni_supported():
            pytest.skip("no int8 products on this processor")
        network = tiny_network()
        with torch.no_grad():
            network.encoder.get_input_embeddings().weight[5] = torch.nan  # type: ignore[operator]
        forward = FlatForward(network_module.FlatNetwork(network, _stack(network), "int8").eval(), TOKENIZER.special, 3)
        tokens = Tokens(np.array([6, 7, 5, 8, 9, 6], np.int32), np.array([0, 2, 4, 6]))
        windows = cut_windows(tokens.lengths, WindowSpec(max_length=16), 2)
        made = Engine(forward, TOKENIZER.special, 64).logits(Documents(tokens, windows))
        assert np.isnan(made).any(axis=1).tolist() == [False, True, False]


def _stack(network: nn.Module) -> network_module.Stack:
    stack = network_module.find_stack(network_module.base_model(network))
    assert stack is not None
    return stack


def test_small_networks_get_larger_batches() -> None:
    large = tiny_network(config=bert_config(hidden_size=768, num_attention_heads=12))
    assert choose_cpu_budget(large) == 1_024 < choose_cpu_budget(tiny_network())
