"""Arrays to the device and logits back, without waiting where the device works on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from batch.forward.protocol import Pending


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
