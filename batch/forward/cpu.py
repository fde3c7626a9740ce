"""Batches on a CPU: flat where the network allows it, padded with prepacked products elsewhere."""

from __future__ import annotations

import logging
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from batch.forward.buckets import Buckets, fill_packed
from batch.forward.padded import PaddedForward
from batch.forward.protocol import Forward, Pending
from models.acceleration.flat import EqualLengthGroups
from models.acceleration.linears import Arithmetic
from models.acceleration.network import FlatNetwork, flatten_network, pack_network
from models.precision import Precision
from models.tokens import SpecialTokens, Tokens, pad_windows
from models.windows import Windows

log = logging.getLogger("yeban.engine")

CPU = torch.device("cpu")


class FlatForward:
    """Batches without padding, on a CPU."""

    name = "flat"
    in_flight = 0

    def __init__(self, network: FlatNetwork, special: SpecialTokens, classes: int) -> None:
        self._network = network
        self._special = special
        self.classes = classes

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        """Cut by the sum of the lengths."""
        return fill_packed(lengths, max_tokens)

    def cost(self, lengths: NDArray[np.int64]) -> int:
        """Tokens; nothing is padded."""
        return int(lengths.sum())

    def start(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        """Score the chosen windows."""
        order = np.argsort(-windows.length[chosen], kind="stable")  # neighbours of equal length share their attention
        ids, mask = pad_windows(tokens, windows, chosen[order], self._special)
        real = mask.astype(np.bool_)
        groups = EqualLengthGroups.of(mask.sum(1).tolist())
        with torch.inference_mode():
            logits = self._network(torch.from_numpy(ids[real]), torch.from_numpy(np.nonzero(real)[1]), groups)
        scores = np.empty((len(chosen), self.classes), np.float32)
        scores[order] = logits.numpy()
        return lambda: scores


def choose_cpu_forward(network: nn.Module, special: SpecialTokens, classes: int, precision: Precision) -> Forward:
    """Find the fastest way that this network and this machine allow.

    Args:
        network: As `load_network` returns it; it stays as it is.
        special: Special tokens around each window.
        classes: Number of classes.
        precision: `fp32`, `bf16` or `int8`, as `choose_precision` returned it.
    """
    arithmetic = cast("Arithmetic", precision)
    flat = flatten_network(network, arithmetic)
    if flat is not None:
        return FlatForward(flat, special, classes)
    packed = None if precision == "fp32" else pack_network(network, arithmetic)
    log.info("padded batches, %s", "plain products" if packed is None else f"prepacked {precision} products")
    return PaddedForward(packed or network, special, classes, CPU, "fp32" if precision == "int8" else precision)
