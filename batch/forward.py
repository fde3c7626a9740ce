"""One batch through the network under AMP.

`PaddedForward` is the path that every model and every device can take. Another way of running a batch (packed,
quantised) is another class with the same attributes and `start`; the engine does not care which.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from batch.buckets import Buckets, fill_buckets
from models.precision import Precision, autocast_type
from models.tokens import SpecialTokens, Tokens, pad_windows
from models.windows import Windows

Pending = Callable[[], NDArray[np.float32]]
"""A batch under way: calling it waits for its logits, float32[B, C]."""


class Forward(Protocol):
    """One way of running a batch.

    Attributes:
        name: What it is called in the figures of a run.
        classes: Number of classes, C.
        ahead: Batches that may be started before the first one is waited for: 1 keeps a GPU busy while the next
            batch is built, 0 where the computing is done in `start`.
    """

    name: str
    classes: int
    ahead: int

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        """Cut windows of these lengths into batches of at most so many computed tokens."""
        ...

    def cost(self, lengths: NDArray[np.int64]) -> int:
        """Tokens that are computed for a batch of windows of these lengths."""
        ...

    def start(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        """Begin to score the chosen windows."""
        ...


class PaddedForward:
    """Sorted batches, padded to their longest window, through SDPA attention."""

    name = "padded"

    def __init__(
        self,
        network: nn.Module,
        special: SpecialTokens,
        classes: int,
        device: torch.device,
        precision: Precision,
    ) -> None:
        self._network = network.to(device).eval()
        self._special = special
        self._device = device
        self._amp = autocast_type(precision)
        self.classes = classes
        self.ahead = int(device.type == "cuda")

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        """Cut by windows times the longest of them."""
        return fill_buckets(lengths, max_tokens)

    def cost(self, lengths: NDArray[np.int64]) -> int:
        """Tokens with padding."""
        return int(lengths.max()) * len(lengths)

    def start(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        """Begin to score the chosen windows."""
        ids, mask = pad_windows(tokens, windows, chosen, self._special)
        amp: Any = torch.autocast(self._device.type, dtype=self._amp) if self._amp is not None else nullcontext()
        with torch.inference_mode(), amp:
            logits = self._network(input_ids=to_device(ids, self._device), attention_mask=to_device(mask, self._device))
            return to_host(logits)


def to_device(array: NDArray[Any], device: torch.device) -> Tensor:
    """Copy an array to the device; onto a GPU without waiting for it, from pinned memory."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


def to_host(logits: Tensor) -> Pending:
    """Begin to copy logits to the host; the result waits until they are there."""
    if logits.device.type != "cuda":
        values = logits.float().numpy()
        return lambda: values
    copy = torch.empty(logits.shape, dtype=torch.float32, pin_memory=True)
    copy.copy_(logits, non_blocking=True)
    done = torch.cuda.Event()  # type: ignore[no-untyped-call]
    done.record()

    def wait() -> NDArray[np.float32]:
        done.synchronize()
        return copy.numpy()

    return wait
