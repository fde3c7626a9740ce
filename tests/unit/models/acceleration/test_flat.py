"""How a flat batch belongs to its sequences."""

from __future__ import annotations

import pytest
import torch

from models.acceleration.flat import EqualLengthGroup, EqualLengthGroups, _attend


class TestRuns:
    def test_neighbours_of_equal_length(self) -> None:
        groups = EqualLengthGroups.of([4, 4, 3, 4])
        assert groups.groups == (EqualLengthGroup(0, 2, 4), EqualLengthGroup(8, 1, 3), EqualLengthGroup(11, 1, 4))
        assert groups.first.tolist() == [0, 4, 8, 11]

    def test_cut(self) -> None:
        tokens = torch.arange(22).view(11, 2)
        assert EqualLengthGroup(1, 2, 3).cut(tokens).tolist() == tokens[1:7].view(2, 3, 2).tolist()

    def test_no_sequences(self) -> None:
        assert EqualLengthGroups.of([]).groups == ()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
@pytest.mark.parametrize("length", [1, 7, 32, 300])
def test_attention_is_the_textbook_s(length: int, dtype: torch.dtype, tolerance: float) -> None:
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(2, 3, length, 8, generator=generator).to(dtype) for _ in range(3))
    query = query / 4
    weights = torch.softmax(torch.einsum("nhqd,nhkd->nhqk", query.float(), key.float()), -1)
    exact = torch.einsum("nhqk,nhkd->nqhd", weights, value.float()).reshape(2 * length, 24)
    made = _attend(query, key, value)
    assert made.dtype == dtype
    torch.testing.assert_close(made.float(), exact, atol=tolerance, rtol=tolerance)
