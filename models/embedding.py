"""What a bundle's network makes of texts, one vector each: what its classification layer sees."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.bundle import Bundle
from models.network import load_network
from models.tokens import pad_windows
from models.windows import cut_windows
from storage.errors import BundleContradiction

_TOKENS_PER_BATCH: Final = 8192


class Embedder:
    """A bundle's network, up to its classification layer.

    Args:
        bundle: The bundle.
        device: Where to compute, such as `cpu` or `cuda`.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
    """

    def __init__(self, bundle: Bundle, device: str = "cpu") -> None:
        self._device = device
        self._windows = bundle.manifest.windows
        self._tokenizer = bundle.tokenizer()
        self._network = load_network(bundle).to(device)
        self._seen: list[Tensor] = []
        _last_layer(self._network, len(bundle.labels)).register_forward_pre_hook(self._keep)

    def embed(self, texts: pl.Series) -> NDArray[np.float32]:
        """Embed texts by their first windows.

        Args:
            texts: String[N] without nulls, cleaned.

        Returns:
            float32[N, H].
        """
        tokens = self._tokenizer.encode(texts)
        special = self._tokenizer.special
        windows = cut_windows(tokens.lengths, self._windows, special.count)
        first = windows.offsets[:-1]
        order = np.argsort(-windows.length[first], kind="stable")
        rows: NDArray[np.float32] | None = None
        with torch.inference_mode():
            for chosen in batches_by_length(order, windows.length[first] + special.count):
                ids, mask = pad_windows(tokens, windows, first[chosen], special)
                self._network(torch.from_numpy(ids).to(self._device), torch.from_numpy(mask).to(self._device))
                vectors = self._seen.pop().float().cpu().numpy()
                rows = np.zeros((len(texts), vectors.shape[1]), np.float32) if rows is None else rows
                rows[chosen] = vectors
        return np.zeros((0, 0), np.float32) if rows is None else rows

    def _keep(self, _layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._seen.append(inputs[0])


def _last_layer(network: nn.Module, classes: int) -> nn.Linear:
    """The layer that makes the logits: the last linear one with as many outputs as there are classes."""
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear) and layer.out_features == classes]
    if not layers:
        raise BundleContradiction(
            "the network has no linear layer that makes its logits",
            expected=f"one with {classes} outputs",
            action="switch embeddings off in yeban.toml: `embedding_rows = 0` under [monitor], `embed = false` under "
            "[relabel]",
        )
    return layers[-1]


def batches_by_length(order: NDArray[np.int64], lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cut documents, or windows, into batches of about 8,000 padded tokens.

    Args:
        order: int64[N], which, the longest first.
        lengths: int64[M], tokens of each, special tokens included.
    """
    batches, start = [], 0
    while start < len(order):
        stop = start + max(1, _TOKENS_PER_BATCH // int(lengths[order[start]]))
        batches.append(order[start:stop])
        start = stop
    return batches
