"""What a way of running a batch is: the engine asks for no more, and does not care which it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from batch.forward.buckets import Buckets
from models.tokens import Tokens
from models.windows import Windows

Pending = Callable[[], NDArray[np.float32]]
"""A batch under way: calling it waits for its logits, float32[B, C]."""


class Forward(Protocol):
    """One way of running a batch.

    Attributes:
        name: What it is called in the figures of a run.
        classes: Number of classes, C.
        in_flight: Batches that may be started before the first one is waited for: 1 keeps a GPU busy while the next
            batch is built, 0 where the computing is done in `start`.
    """

    name: str
    classes: int
    in_flight: int

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        """Cut windows of these lengths into batches of at most so many computed tokens."""
        ...

    def cost(self, lengths: NDArray[np.int64]) -> int:
        """Tokens that are computed for a batch of windows of these lengths."""
        ...

    def start(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        """Begin to score the chosen windows."""
        ...
