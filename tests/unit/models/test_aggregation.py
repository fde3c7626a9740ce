"""From windows to documents."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.aggregation import Aggregation, aggregate, top_windows
from models.training.documents import aggregate_windows

HOW: tuple[Aggregation, ...] = ("mean", "max", "logsumexp")
LOGITS = np.array([[1, 5], [3, 1], [0, 0], [2, 2], [2, 2], [8, -8]], np.float32)
OFFSETS = np.array([0, 2, 3, 6])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("mean", [[2, 3], [0, 0], [4, -4 / 3]]),
        ("max", [[3, 5], [0, 0], [8, 2]]),
        ("logsumexp", [[np.log(np.e + np.e**3), np.log(np.e**5 + np.e)], [0, 0], [8.004946, 2.693170]]),
    ],
)
def test_by_hand(how: Aggregation, expected: list[list[float]]) -> None:
    np.testing.assert_allclose(aggregate(LOGITS, OFFSETS, how), expected, rtol=1e-5)


@pytest.mark.parametrize("how", HOW)
def test_one_window_each_is_left_alone(how: Aggregation) -> None:
    np.testing.assert_array_equal(aggregate(LOGITS, np.arange(7), how), LOGITS)


@pytest.mark.parametrize("how", HOW)
def test_no_documents(how: Aggregation) -> None:
    assert aggregate(np.zeros((0, 4), np.float32), np.array([0]), how).shape == (0, 4)
    top, offsets = top_windows(np.zeros((0, 4), np.float32), np.array([0]), np.zeros(0, np.int64))
    assert (len(top), offsets.tolist()) == (0, [0])


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_window_that_failed_spoils_its_document_and_no_other(how: Aggregation, bad: float) -> None:
    logits = LOGITS.copy()
    logits[3:5] = bad
    documents = aggregate(logits, OFFSETS, how)
    assert not np.isfinite(documents[2]).any()
    np.testing.assert_allclose(documents[:2], aggregate(LOGITS, OFFSETS, how)[:2])


@pytest.mark.parametrize("how", HOW)
def test_huge_logits_do_not_overflow(how: Aggregation) -> None:
    documents = aggregate(np.array([[1e30, -1e30], [1e30, -1e30]], np.float32), np.array([0, 2]), how)
    np.testing.assert_allclose(documents, [[1e30, -1e30]], rtol=1e-6)


def test_the_loudest_windows_of_the_chosen_label() -> None:
    top, offsets = top_windows(LOGITS, OFFSETS, np.array([1, 0, 0]))
    assert top.tolist() == [0, 1, 0, 2, 0, 1]  # equal voices keep their order
    assert offsets.tolist() == [0, 2, 3, 6]
    assert top.dtype == np.int32


def test_three_windows_are_kept_at_most() -> None:
    logits = np.array([[value] for value in (1, 9, 3, 7, 5)], np.float32)
    top, offsets = top_windows(logits, np.array([0, 5]), np.array([0]))
    assert (top.tolist(), offsets.tolist()) == ([1, 3, 4], [0, 3])


@pytest.mark.parametrize("how", HOW)
def test_gradients_of_the_torch_twin(how: Aggregation) -> None:
    logits = torch.randn(6, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    doc = torch.tensor([0, 0, 1, 2, 2, 2])
    assert torch.autograd.gradcheck(lambda windows: aggregate_windows(windows, doc, 3, how), (logits,))
