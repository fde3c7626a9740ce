"""Cross-entropy: the negative log-likelihood of the labels, the mean over the batch."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from models.training.losses.registry import LOSSES


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """`mean(logsumexp(z) - z_gold)`, nats; see `Loss`."""
    return functional.cross_entropy(logits, labels)


LOSSES.add("cross_entropy", cross_entropy)
