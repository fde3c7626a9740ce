"""One batch through the network under AMP, padded: the path that every model and every device can take."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from batch.forward.buckets import Buckets, fill_buckets
from batch.forward.protocol import Pending
from batch.forward.transfer import to_device, to_host
from models.precision import Precision, autocast_type
from models.tokens import SpecialTokens, Tokens, pad_windows
from models.windows import Windows


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
        self.in_flight = int(device.type == "cuda")

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
