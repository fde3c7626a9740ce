"""Windows in, logits out, without padding: the whole batch is one row of tokens."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from batch.forward.buckets import Buckets, fill_packed
from batch.forward.protocol import Pending
from batch.forward.transfer import to_host
from models.network import Classifier
from models.packed.attention import Kernel
from models.packed.families import find_encoder, stock_pooling
from models.packed.network import PackedNetwork
from models.packed.windows import pack_windows, upload
from models.precision import Precision, autocast_type
from models.tokens import SpecialTokens, Tokens
from models.windows import Windows


class PackedForward:
    """Batches without padding, through attention that knows where each window ends.

    Args:
        network: What `models.network.load_network` gives; its weights are shared, not copied.
        special: Special tokens to put around each window.
        classes: Number of classes.
        device: Where to run.
        precision: Number type of autocast.
        kernel: What computes the attention; its limits are the caller's business (`varlen_obstacle`).

    Raises:
        Unpackable: The network's family cannot run packed.
    """

    name = "packed"

    def __init__(
        self,
        network: nn.Module,
        special: SpecialTokens,
        classes: int,
        device: torch.device,
        precision: Precision,
        kernel: Kernel,
    ) -> None:
        encoder = find_encoder(network)
        pooling = network.pooling if isinstance(network, Classifier) else stock_pooling(encoder)
        self._network = PackedNetwork(network.to(device).eval(), encoder, pooling, kernel)
        self._pad = encoder.pad
        self._special = special
        self._device = device
        self._amp = autocast_type(precision)
        self.classes = classes
        self.in_flight = int(device.type == "cuda")

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        """Cut by the sum of the lengths."""
        return fill_packed(lengths, max_tokens)

    def cost(self, lengths: NDArray[np.int64]) -> int:
        """Tokens; nothing is padded."""
        return int(lengths.sum())

    def start(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        """Begin to score the chosen windows.

        Raises:
            PackedMisuse: Documents could have been mixed; see `models.packed.network`.
        """
        batch = pack_windows(tokens, windows, chosen, self._special, self._pad)
        ids, positions, boundaries = upload(batch, self._device)
        amp: Any = torch.autocast(self._device.type, dtype=self._amp) if self._amp is not None else nullcontext()
        with torch.inference_mode(), amp:
            return to_host(self._network(ids, positions, boundaries, batch.lengths))
