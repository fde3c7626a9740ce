"""The ways of scoring that `benchmarks/gpu.py` compares: padded and packed. Needs torch, transformers and numpy."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from batch.forward.buckets import Buckets, fill_buckets, fill_packed
from benchmarks.gpu_workload import CLS, PAD, SEP, SPECIAL, Documents
from models.packed.attention import per_sequence, varlen
from models.packed.families import find_encoder
from models.packed.network import PackedNetwork
from models.packed.windows import pack_windows, upload


class PaddedWay:
    """Sorted and padded, SDPA, autocast: what every network and device can do."""

    name = "padded, SDPA, AMP bf16"

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._network = network
        self._device = device

    def cut(self, lengths: NDArray[np.int64], budget: int) -> Buckets:
        """Cut a workload into batches."""
        return fill_buckets(lengths, budget)

    def prepare(self, documents: Documents, chosen: NDArray[np.int64]) -> Any:
        """Pad a batch and bring it to the device."""
        lengths = documents.lengths[chosen]
        places = np.arange(int(lengths.max()))[None, :]
        mask = places < lengths[:, None]
        ids = np.where(mask, SEP, PAD)
        content = (places > 0) & (places < lengths[:, None] - 1)
        ids[content] = documents.ids[(documents.tokens.offsets[chosen][:, None] + places - 1)[content]]
        ids[:, 0] = CLS
        return tuple(torch.from_numpy(each).to(self._device) for each in (ids, mask.astype(np.int64)))

    def forward(self, batch: Any) -> Tensor:
        """Logits float[B, C] of what `prepare` made."""
        with torch.autocast(self._device.type, dtype=torch.bfloat16):
            return self._network(input_ids=batch[0], attention_mask=batch[1])  # type: ignore[no-any-return]


class PackedWay:
    """No padding: one row of tokens."""

    def __init__(self, network: nn.Module, device: torch.device, *, amp: bool) -> None:
        kernel = varlen if device.type == "cuda" else per_sequence
        self.name = f"packed, {kernel.__name__}, {'AMP bf16' if amp else 'bf16 weights'}"
        self._network = PackedNetwork(network, find_encoder(network), "cls", kernel)
        self._device = device
        self._amp = amp

    def cut(self, lengths: NDArray[np.int64], budget: int) -> Buckets:
        """Cut a workload into batches."""
        return fill_packed(lengths, budget)

    def prepare(self, documents: Documents, chosen: NDArray[np.int64]) -> Any:
        """Pack a batch and bring it to the device."""
        batch = pack_windows(documents.tokens, documents.windows, chosen, SPECIAL, None)
        return *upload(batch, self._device), batch.lengths

    def forward(self, batch: Any) -> Tensor:
        """Logits float[B, C] of what `prepare` made."""
        amp: Any = torch.autocast(self._device.type, dtype=torch.bfloat16) if self._amp else nullcontext()
        with amp:
            return self._network(*batch)
