"""The packed way of running a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from batch.engine.engine import Engine
from batch.forward.packed import PackedForward
from batch.forward.padded import PaddedForward
from models.packed.attention import per_sequence
from models.packed.families import Unpackable, find_encoder
from models.precision import Precision
from models.windows import WindowSpec
from storage.errors import PackedMisuse
from tests.support.encoders import CLASSES, CONFIGS, SPECIAL, own_network, random_documents, stock_network
from tests.support.windowed_documents import Documents

CPU = torch.device("cpu")
SLIDING = WindowSpec(max_length=16, long_text="slide", stride=4)
NO_BF16 = not torch.ops.mkldnn._is_mkldnn_bf16_supported()


def packed(network: nn.Module, precision: Precision = "fp32") -> PackedForward:
    return PackedForward(network, SPECIAL, CLASSES, CPU, precision, per_sequence)


def padded(network: nn.Module, precision: Precision = "fp32") -> PaddedForward:
    return PaddedForward(network, SPECIAL, CLASSES, CPU, precision)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("pooling", ["stock", "mean"])
def test_the_engine_gets_the_same_answers(name: str, pooling: str) -> None:
    network = stock_network(CONFIGS[name]) if pooling == "stock" else own_network(CONFIGS[name], pooling)
    there = Documents(*random_documents([3, 50, 0, 14, 15, 29, 1], spec=SLIDING))
    answers = [Engine(forward, SPECIAL, 40).logits(there) for forward in (packed(network), padded(network))]
    assert answers[0].dtype == np.float32
    np.testing.assert_allclose(*answers, atol=1e-5)
    np.testing.assert_array_equal(answers[0].argmax(1), answers[1].argmax(1))


@pytest.mark.skipif(NO_BF16, reason="no bf16 on this processor")
@pytest.mark.parametrize("name", CONFIGS)
def test_bf16(name: str) -> None:
    network = own_network(CONFIGS[name], "mean")
    tokens, windows = random_documents([3, 30, 0, 14])
    chosen = np.arange(4)
    fast = packed(network, "bf16").start(tokens, windows, chosen)()
    assert not np.array_equal(fast, packed(network).start(tokens, windows, chosen)())
    np.testing.assert_allclose(fast, padded(network, "bf16").start(tokens, windows, chosen)(), atol=0.1)


def test_a_family_that_cannot_be_packed() -> None:
    with pytest.raises(Unpackable):
        packed(nn.Linear(2, 2))


def test_misuse_is_no_bad_row() -> None:
    """The engine halves failing batches; mixing documents must stop the run instead."""
    network = stock_network(CONFIGS["bert"])
    encoder = find_encoder(network)

    def meddle(*_: Any) -> None:
        encoder.config._attn_implementation = "sdpa"

    encoder.states.register_forward_pre_hook(meddle)
    with pytest.raises(PackedMisuse):
        Engine(packed(network), SPECIAL, 64).logits(Documents(*random_documents([5, 6, 7])))
