"""Losses by name: a module beside `cross_entropy.py` that calls `LOSSES.add` is all that a further one needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from models.named_registry import NamedRegistry

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT_LOSS: Final = "cross_entropy"


class Loss(Protocol):
    """What training makes small."""

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of a batch.

        Args:
            logits: Document logits, float32[B, C].
            labels: Class indices, int64[B].

        Returns:
            A float32 scalar with gradients.
        """
        ...


LOSSES: Final[NamedRegistry[Loss]] = NamedRegistry("loss", "models.training.losses")
