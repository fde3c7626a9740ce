"""Arrays to the device and logits back; on CUDA see `tests/gpu`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from batch.forward.transfer import to_device, to_host

CPU = torch.device("cpu")


def test_a_cpu_shares_the_memory_of_the_array() -> None:
    array = np.arange(6).reshape(2, 3)
    tensor = to_device(array, CPU)
    array[0, 0] = 7
    assert tensor.tolist() == [[7, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_logits_come_back_in_float32(dtype: torch.dtype) -> None:
    logits = to_host(torch.tensor([[0.5, -2.0]], dtype=dtype))()
    assert logits.dtype == np.float32
    assert logits.tolist() == [[0.5, -2.0]]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_copies_there_and_back() -> None:
    device = torch.device("cuda")
    array = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    np.testing.assert_array_equal(to_host(to_device(array, device))(), array)
