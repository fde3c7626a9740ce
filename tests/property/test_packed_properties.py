"""Whatever the lengths: a packed row gives each document the answer it gets alone."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from batch.forward.packed import PackedForward
from batch.forward.padded import PaddedForward
from models.packed.attention import per_sequence
from tests.support.encoders import CLASSES, CONFIGS, LONGEST, SPECIAL, own_network, random_documents, stock_network

CPU = torch.device("cpu")


@cache
def network(name: str, pooling: str) -> nn.Module:
    return stock_network(CONFIGS[name]) if pooling == "stock" else own_network(CONFIGS[name], pooling)


@pytest.mark.parametrize(("name", "pooling"), [("roberta", "stock"), ("modernbert", "mean"), ("bert", "max")])
@given(lengths=st.lists(st.integers(0, LONGEST - 2), min_size=1, max_size=9), seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_packed_is_padded(name: str, pooling: str, lengths: list[int], seed: int) -> None:
    made = network(name, pooling)
    tokens, windows = random_documents(lengths, seed)
    chosen = np.random.default_rng(seed).permutation(len(lengths))
    packed = PackedForward(made, SPECIAL, CLASSES, CPU, "fp32", per_sequence).start(tokens, windows, chosen)()
    padded = PaddedForward(made, SPECIAL, CLASSES, CPU, "fp32").start(tokens, windows, chosen)()
    np.testing.assert_allclose(packed, padded, atol=2e-5)
