"""Cross-entropy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from models.training.losses.cross_entropy import cross_entropy


def test_is_the_mean_surprise_of_the_labels() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (7, 4)).astype(np.float32)
    labels = np.array([0, 1, 2, 3, 3, 0, 2])
    expected = (logsumexp(logits, axis=1) - logits[np.arange(7), labels]).mean()
    assert cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)).item() == pytest.approx(expected, rel=1e-6)


def test_pulls_the_label_up_and_the_others_down() -> None:
    logits = torch.zeros(1, 3, requires_grad=True)
    cross_entropy(logits, torch.tensor([1])).backward()
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad.numpy(), [[1 / 3, -2 / 3, 1 / 3]], atol=1e-6)
