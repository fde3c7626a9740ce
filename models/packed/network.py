"""A network that scores packed rows, with the same weights and the same head as ever.

Nothing about the network is changed for good. During a packed forward, and only then, the encoder's configuration
names our attention, one hook hands the encoder its positions and boundaries, another reduces each sequence's hidden
states to one vector; so the rest of the network sees B sequences of one token, and any head works unchanged.

Packed input under another attention silently mixes documents. So a forward counts which layers attended through
ours and gives no logits unless all of them did.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AttentionInterface

from models.packed.attention import NAME, Kernel, Packing, attend
from models.packed.families import Encoder
from storage.errors import PackedMisuse


class PackedNetwork:
    """Scores packed rows.

    Args:
        network: Called with `input_ids` and `attention_mask`, returns logits; in evaluation mode.
        encoder: Its encoder, from `find_encoder`.
        pooling: How the head reduces hidden states: `cls`, `mean` or `max`.
        kernel: What computes the attention.
    """

    def __init__(self, network: nn.Module, encoder: Encoder, pooling: str, kernel: Kernel) -> None:
        AttentionInterface.register(NAME, attend)
        self._network = network
        self._encoder = encoder
        self._pooling = pooling
        self._kernel = kernel
        self._configs = _attention_configs(encoder.model)
        self._one_at_a_time = Lock()

    def __call__(self, ids: Tensor, positions: Tensor, boundaries: Tensor, lengths: NDArray[np.int64]) -> Tensor:
        """Score a packed row.

        Args:
            ids: int64[T].
            positions: int64[T], as `number_positions` makes them.
            boundaries: int32[B + 1], on the device of `ids`.
            lengths: int64[B], on the host.

        Returns:
            Logits, float[B, C].

        Raises:
            PackedMisuse: The layers did not all attend as they must; no logits were made.
        """
        packing = Packing(lengths, boundaries, self._kernel)
        mask = torch.ones((len(lengths), 1), dtype=torch.int64, device=ids.device)
        with self._one_at_a_time, self._packed(positions, packing):
            logits: Tensor = self._network(input_ids=ids[None], attention_mask=mask)
            self._prove(packing)
        if logits.shape[0] != len(lengths):
            raise PackedMisuse(f"a packed forward gave {len(logits)} rows", expected=f"{len(lengths)} rows")
        return logits

    @contextmanager
    def _packed(self, positions: Tensor, packing: Packing) -> Iterator[None]:
        """Make the encoder take a packed row, and put everything back."""

        def hand_over(_: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            return args, {**kwargs, "attention_mask": None, "position_ids": positions[None], "packing": packing}

        def reduce(_: nn.Module, __: Any, output: Any) -> Any:
            pooled = pool_sequences(output.last_hidden_state[0], packing.boundaries, self._pooling)
            output["last_hidden_state"] = pooled[:, None]
            return output

        with ExitStack() as stack:
            for config in self._configs:
                stack.callback(setattr, config, "_attn_implementation", config._attn_implementation)
                config._attn_implementation = NAME
            stack.callback(self._encoder.model.register_forward_pre_hook(hand_over, with_kwargs=True).remove)
            stack.callback(self._encoder.states.register_forward_hook(reduce).remove)
            yield

    def _prove(self, packing: Packing) -> None:
        """Make sure that every layer attended through `attend`."""
        others = {config._attn_implementation for config in self._configs} - {NAME}
        if others or len(packing.layers) != self._encoder.attention_calls:
            raise PackedMisuse(
                f"{len(packing.layers)} of {self._encoder.attention_calls} attention calls of {self._encoder.name} "
                f"were packed{f', others went to {sorted(map(str, others))}' if others else ''}",
                expected="all of them: any other attention mixes the documents of a packed row",
                action="report this; padded scoring is not affected",
            )


def pool_sequences(hidden: Tensor, boundaries: Tensor, pooling: str) -> Tensor:
    """Reduce float[T, H] to float[B, H], each sequence by itself; as `models.network.pool` does for padded batches.

    Args:
        hidden: float[T, H].
        boundaries: int32[B + 1] or int64[B + 1].
        pooling: `cls`, `mean` (summed in float32) or `max`.
    """
    if pooling == "cls":
        return hidden[boundaries[:-1].long()]
    lengths = boundaries.diff().long()
    # `unsafe` leaves out a check of the lengths that would wait for the device.
    if pooling == "mean":
        return torch.segment_reduce(hidden.float(), "mean", lengths=lengths, unsafe=True).to(hidden.dtype)
    return torch.segment_reduce(hidden, "max", lengths=lengths, unsafe=True)


def _attention_configs(model: nn.Module) -> list[Any]:
    """Every configuration object that decides how some layer attends; usually one, shared by all."""
    configs = (getattr(module, "config", None) for module in model.modules())
    distinct = {id(config): config for config in configs if hasattr(config, "_attn_implementation")}
    return list(distinct.values())
