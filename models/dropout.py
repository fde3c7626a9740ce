"""What a bundle's network would also have answered: passes with dropout switched on."""

from __future__ import annotations

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from models.aggregation import aggregate
from models.bundle import Bundle
from models.calibration import softmax
from models.embedding import batches_by_length
from models.network import load_network
from models.tokens import pad_windows
from models.windows import cut_windows


class DropoutPasses:
    """A bundle's network with its dropout layers at work (Gal & Ghahramani 2016).

    Dropout inside attention stays off: fused attention has no layer for it.

    Args:
        bundle: The bundle.
        passes: Passes over each text, T.
        seed: Of the units that are dropped.
        device: Where to compute, such as `cpu` or `cuda`.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
    """

    def __init__(self, bundle: Bundle, passes: int, seed: int, device: str = "cpu") -> None:
        self._manifest = bundle.manifest
        self._passes, self._seed, self._device = passes, seed, device
        self._tokenizer = bundle.tokenizer()
        self._network = load_network(bundle).to(device)
        for layer in self._network.modules():
            if isinstance(layer, nn.Dropout):
                layer.train()

    def __call__(self, texts: pl.Series) -> NDArray[np.float32]:
        """Answer each text T times.

        Args:
            texts: String[N] without nulls, cleaned.

        Returns:
            Calibrated probabilities, float32[T, N, C].
        """
        tokens = self._tokenizer.encode(texts)
        special = self._tokenizer.special
        windows = cut_windows(tokens.lengths, self._manifest.windows, special.count)
        lengths = windows.length + special.count
        batches = batches_by_length(np.argsort(-lengths, kind="stable"), lengths)
        logits = np.zeros((self._passes, len(lengths), len(self._manifest.labels)), np.float32)
        with torch.inference_mode(), torch.random.fork_rng():
            torch.manual_seed(self._seed)
            for chosen in batches:
                ids, mask = (
                    torch.from_numpy(each).to(self._device) for each in pad_windows(tokens, windows, chosen, special)
                )
                for each in logits:
                    each[chosen] = self._network(ids, mask).float().cpu().numpy()
        how, temperature = self._manifest.aggregation, self._manifest.temperature
        return np.stack([softmax(aggregate(each, windows.offsets, how), temperature) for each in logits])
