"""Packed or padded."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AutoModelForSequenceClassification, RoFormerConfig

from batch.engine.choose_forward import ForwardChoice, choose_forward
from batch.forward.packed import PackedForward
from batch.forward.padded import PaddedForward
from models.network import StockClassifier
from models.packed.attention import Kernel, Packing, per_sequence
from models.packed.families import Encoder, find_encoder
from models.windows import WindowSpec
from tests.support.encoders import CLASSES, CONFIGS, SPECIAL, random_documents, stock_network

CPU = torch.device("cpu")
SAMPLE = [3, 9, 30, 30, 0, 14]


def choose(network: nn.Module, kernel: Kernel | None = per_sequence, lengths: list[int] | None = None) -> ForwardChoice:
    sample = random_documents(SAMPLE if lengths is None else lengths)
    return choose_forward(network, SPECIAL, CLASSES, CPU, "fp32", sample, kernel)


@pytest.mark.parametrize("name", CONFIGS)
def test_packed_where_it_is_proven(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "yeban.engine"):
        choice = choose(stock_network(CONFIGS[name]))
    assert choice.packed
    assert isinstance(choice.forward, PackedForward)
    assert choice.preflight is not None
    assert choice.preflight.passed
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "11 rows agree within" in caplog.text


def padded_with(choice: ForwardChoice, caplog: pytest.LogCaptureFixture, level: str, reason: str) -> None:
    assert not choice.packed
    assert isinstance(choice.forward, PaddedForward)
    assert reason in choice.reason
    assert [record.levelname for record in caplog.records] == [level]
    assert reason in caplog.text


class TestQuietly:
    """What everybody expects is said at `info`."""

    @pytest.fixture(autouse=True)
    def _listen(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "yeban.engine")

    def test_a_processor(self, caplog: pytest.LogCaptureFixture) -> None:
        padded_with(choose(stock_network(CONFIGS["bert"]), kernel=None), caplog, "INFO", "needs CUDA, not cpu")

    def test_an_unsupported_family(self, caplog: pytest.LogCaptureFixture) -> None:
        config = RoFormerConfig(
            vocab_size=40, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        )
        network = StockClassifier(AutoModelForSequenceClassification.from_config(config))
        padded_with(choose(network), caplog, "INFO", "RoFormerModel cannot run packed")


def mixing(q: Tensor, k: Tensor, v: Tensor, *_: Any) -> Tensor:
    """Attention that knows nothing of boundaries."""
    rows = (each.transpose(0, 1)[None] for each in (q, k, v))
    return scaled_dot_product_attention(*rows)[0].transpose(0, 1)


def shifted(q: Tensor, k: Tensor, v: Tensor, packing: Packing, scale: float | None, reach: int | None) -> Tensor:
    """The first boundary is off by one."""
    lengths = packing.lengths.copy()
    lengths[:2] += [1, -1]
    return per_sequence(q, k, v, Packing(lengths, packing.boundaries, per_sequence), scale, reach)


def broken(*_: Any) -> Tensor:
    raise NotImplementedError("no such kernel on this device")


class TestLoudly:
    """What nobody expects is a warning, and the night goes on."""

    @pytest.mark.parametrize("name", CONFIGS)
    @pytest.mark.parametrize("kernel", [mixing, shifted])
    def test_attention_that_mixes(self, name: str, kernel: Kernel, caplog: pytest.LogCaptureFixture) -> None:
        network = stock_network(CONFIGS[name])
        reason = f"packed scoring of {find_encoder(network).name} differs from padded"
        padded_with(choose(network, kernel), caplog, "WARNING", reason)

    @pytest.mark.parametrize("lengths", [[9], [9, 9], [2]])
    def test_attention_that_mixes_with_few_texts(self, lengths: list[int], caplog: pytest.LogCaptureFixture) -> None:
        choice = choose(stock_network(CONFIGS["bert"]), mixing, lengths)
        padded_with(choice, caplog, "WARNING", "differs from padded")

    @pytest.mark.parametrize("name", ["bert", "roberta", "distilbert", "modernbert"])
    def test_wrong_positions(
        self, name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def running(ids: NDArray[np.int32], *_: Any) -> NDArray[np.int32]:
            return (np.arange(len(ids)) % 40).astype(np.int32)

        monkeypatch.setattr("models.packed.windows.number_positions", running)
        padded_with(choose(stock_network(CONFIGS[name])), caplog, "WARNING", "differs from padded")

    def test_positions_of_another_family(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RoBERTa numbered from 0, as if it were BERT."""

        def careless(network: nn.Module) -> Encoder:
            found = find_encoder(network)
            return Encoder(found.model, found.states, found.attention_calls, found.head_size, pad=None)

        monkeypatch.setattr("batch.forward.packed.find_encoder", careless)
        padded_with(choose(stock_network(CONFIGS["roberta"])), caplog, "WARNING", "RobertaModel differs from padded")

    def test_a_kernel_that_fails(self, caplog: pytest.LogCaptureFixture) -> None:
        choice = choose(stock_network(CONFIGS["bert"]), broken)
        padded_with(choice, caplog, "WARNING", "packed scoring of BertModel failed: no such kernel on this device")
        assert caplog.records[0].exc_info

    def test_a_layer_that_ignores_the_interface(self, caplog: pytest.LogCaptureFixture) -> None:
        network = stock_network(CONFIGS["bert"])

        class Own(nn.Module):
            def forward(self, hidden: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
                return hidden, None

        find_encoder(network).states.layer[0].attention.self = Own()
        padded_with(choose(network), caplog, "WARNING", "1 of 2 attention calls")

    @pytest.mark.parametrize("lengths", [[], [0], [1, 1, 0]])
    def test_nothing_to_compare(self, lengths: list[int], caplog: pytest.LogCaptureFixture) -> None:
        choice = choose(stock_network(CONFIGS["bert"]), lengths=lengths)
        padded_with(choice, caplog, "WARNING", "no text to compare")

    def test_padded_scoring_still_works(self) -> None:
        network = stock_network(CONFIGS["bert"])
        tokens, windows = random_documents(SAMPLE)
        expected = PaddedForward(network, SPECIAL, CLASSES, CPU, "fp32").start(tokens, windows, np.arange(6))()
        after = choose(network, broken).forward.start(tokens, windows, np.arange(6))()
        np.testing.assert_array_equal(after, expected)


def test_a_lost_device_is_not_survived() -> None:
    def lost(*_: Any) -> Tensor:
        raise torch.AcceleratorError("the device is lost", 1)

    with pytest.raises(torch.AcceleratorError):
        choose(stock_network(CONFIGS["bert"]), lost)


def test_windows_of_long_documents() -> None:
    sample = random_documents([200, 3], spec=WindowSpec(max_length=16, long_text="slide", stride=4))
    choice = choose_forward(stock_network(CONFIGS["bert"]), SPECIAL, CLASSES, CPU, "fp32", sample, per_sequence)
    assert choice.packed
