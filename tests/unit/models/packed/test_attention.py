"""Attention that stays within its sequence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from models.packed.attention import NAME, Packing, attend, per_sequence, varlen_obstacle
from storage.errors import PackedMisuse

LENGTHS = [5, 1, 9, 2]
LAYER = nn.Identity()


def packing(*lengths: int) -> Packing:
    ends = torch.tensor([0, *np.cumsum(lengths)], dtype=torch.int32)
    return Packing(np.array(lengths), ends, per_sequence)


def states(seed: int = 0, tokens: int = sum(LENGTHS)) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn(1, 2, tokens, 8, generator=generator) for _ in range(3))
    return q, k, v


@pytest.mark.parametrize("window", [None, 1, 2, 4, 20])
@pytest.mark.parametrize("scale", [None, 0.7])
def test_is_full_attention_under_a_mask(window: int | None, scale: float | None) -> None:
    q, k, v = states()
    document = torch.repeat_interleave(torch.arange(len(LENGTHS)), torch.tensor(LENGTHS))
    places = torch.arange(sum(LENGTHS))
    mask = document[:, None] == document[None, :]
    if window is not None:
        mask &= (places[:, None] - places[None, :]).abs() < window
    expected = scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale).transpose(1, 2)
    made, weights = attend(LAYER, q, k, v, None, packing=packing(*LENGTHS), scaling=scale, sliding_window=window)
    assert weights is None
    torch.testing.assert_close(made, expected, atol=1e-6, rtol=1e-5)


def test_remembers_which_layers_attended() -> None:
    ours = packing(*LENGTHS)
    attend(LAYER, *states(), None, packing=ours)
    assert ours.layers == [LAYER]
    assert packing(*LENGTHS).layers == []


def test_the_name_does_not_lead_transformers_astray() -> None:
    assert "flash" not in NAME


class TestMisuse:
    def test_without_boundaries(self) -> None:
        with pytest.raises(PackedMisuse, match="without boundaries"):
            attend(LAYER, *states(), None, cu_seq_lens_q=torch.tensor([0, 17]))

    def test_with_a_mask(self) -> None:
        with pytest.raises(PackedMisuse, match="a mask or dropout"):
            attend(LAYER, *states(), torch.ones(1, 1, 17, 17), packing=packing(*LENGTHS))

    def test_with_dropout(self) -> None:
        with pytest.raises(PackedMisuse, match="a mask or dropout"):
            attend(LAYER, *states(), None, packing=packing(*LENGTHS), dropout=0.1)

    def test_more_than_one_row(self) -> None:
        q, k, v = (torch.cat([each, each]) for each in states())
        with pytest.raises(PackedMisuse, match=r"expected: one row of 17 tokens"):
            attend(LAYER, q, k, v, None, packing=packing(*LENGTHS))

    def test_boundaries_of_another_batch(self) -> None:
        with pytest.raises(PackedMisuse, match=r"expected: one row of 16 tokens"):
            attend(LAYER, *states(), None, packing=packing(7, 9))


class TestObstacles:
    def test_a_processor(self) -> None:
        assert varlen_obstacle(torch.device("cpu"), torch.bfloat16, 64) == "packed attention needs CUDA, not cpu"

    @pytest.mark.parametrize(
        ("capability", "dtype", "head_size", "obstacle"),
        [
            ((8, 0), torch.bfloat16, 64, None),
            ((9, 0), torch.float16, 256, None),
            ((7, 5), torch.float16, 64, "capability 8.0, old GPU is older"),
            ((8, 0), None, 64, "fp16 or bf16, not fp32"),
            ((8, 0), torch.float16, 264, "not 264"),
            ((8, 0), torch.float16, 20, "not 20"),
        ],
    )
    def test_a_gpu(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capability: tuple[int, int],
        dtype: torch.dtype | None,
        head_size: int,
        obstacle: str | None,
    ) -> None:
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "old GPU")
        found = varlen_obstacle(torch.device("cuda"), dtype, head_size)
        assert found is None if obstacle is None else obstacle in str(found)
