"""Packed scoring where it is meant to run."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from batch.engine.choose_forward import choose_forward
from batch.engine.packed_check import TOLERANCE
from batch.forward.buckets import fill_packed
from batch.forward.packed import PackedForward
from batch.forward.padded import PaddedForward
from models.calibration import softmax
from models.packed.attention import Packing, per_sequence, varlen, varlen_obstacle
from models.precision import Precision, autocast_type
from tests.support.encoders import CLASSES, CONFIGS, SPECIAL, own_network, random_documents, stock_network

pytestmark = pytest.mark.gpu
if not torch.cuda.is_available():
    pytest.skip("no CUDA device", allow_module_level=True)
if obstacle := varlen_obstacle(torch.device("cuda"), torch.float16, 64):
    pytest.skip(obstacle, allow_module_level=True)

CUDA = torch.device("cuda")
LENGTHS = [5, 0, 38, 1, 13, 13, 2, 30]
PRECISIONS: list[Precision] = ["bf16", "fp16"]


def probs(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return softmax(logits, 1.0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("head_size", [16, 64, 128])
@pytest.mark.parametrize("reach", [None, 3, 600])
@pytest.mark.parametrize("scale", [None, 0.3])
def test_the_kernel(dtype: torch.dtype, head_size: int, reach: int | None, scale: float | None) -> None:
    lengths = np.array([512, 1, 2, 300, 7, 64, 65])
    boundaries = torch.tensor([0, *np.cumsum(lengths)], dtype=torch.int32, device=CUDA)
    generator = torch.Generator(CUDA).manual_seed(0)
    q, k, v = (
        torch.randn(int(lengths.sum()), 4, head_size, generator=generator, device=CUDA, dtype=dtype) for _ in range(3)
    )
    packing = Packing(lengths, boundaries, varlen)
    made = varlen(q, k, v, packing, scale, reach)
    exact = per_sequence(q.float(), k.float(), v.float(), packing, scale, reach)
    torch.testing.assert_close(made.float(), exact, atol=2e-2, rtol=2e-2)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("pooling", ["stock", "cls", "mean", "max"])
@pytest.mark.parametrize("name", CONFIGS)
def test_three_ways_agree(name: str, pooling: str, precision: Precision) -> None:
    network = stock_network(CONFIGS[name]) if pooling == "stock" else own_network(CONFIGS[name], pooling)
    tokens, windows = random_documents(LENGTHS)
    chosen = np.arange(len(LENGTHS))
    fast, slow = (
        probs(PackedForward(network, SPECIAL, CLASSES, CUDA, precision, kernel).start(tokens, windows, chosen)())
        for kernel in (varlen, per_sequence)
    )
    padded = probs(PaddedForward(network, SPECIAL, CLASSES, CUDA, precision).start(tokens, windows, chosen)())
    np.testing.assert_allclose(fast, padded, atol=TOLERANCE[precision])
    np.testing.assert_allclose(slow, padded, atol=TOLERANCE[precision])


@pytest.mark.parametrize("name", CONFIGS)
def test_is_chosen(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "yeban.engine"):
        choice = choose_forward(stock_network(CONFIGS[name]), SPECIAL, CLASSES, CUDA, "bf16", random_documents(LENGTHS))
    assert choice.packed, choice.reason


def test_fp32_is_padded() -> None:
    choice = choose_forward(stock_network(CONFIGS["bert"]), SPECIAL, CLASSES, CUDA, "fp32", random_documents(LENGTHS))
    assert not choice.packed
    assert "fp16 or bf16" in choice.reason
    assert autocast_type("fp32") is None


def test_many_batches_from_pinned_memory() -> None:
    """Staging memory is handed back while copies may still be on their way: answers must not change."""
    network = stock_network(CONFIGS["bert"])
    forward = PackedForward(network, SPECIAL, CLASSES, CUDA, "bf16", varlen)
    tokens, windows = random_documents(np.random.default_rng(0).integers(0, 38, 2_000).tolist())
    buckets = fill_packed(windows.length + 2, 512)
    answers = np.zeros((2_000, CLASSES), np.float32)
    for index in range(len(buckets)):
        answers[buckets.batch(index)] = forward.start(tokens, windows, buckets.batch(index))()
    together = forward.start(tokens, windows, np.arange(2_000))()
    np.testing.assert_allclose(probs(answers), probs(together), atol=TOLERANCE["bf16"])
