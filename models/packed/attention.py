"""Attention over a packed row: many documents, one after the other, none of which may see another.

`attend` is what transformers calls in every layer. The work is done by a kernel: `varlen` on CUDA, `per_sequence`
everywhere else (slow, and obviously right: it is what the tests compare with).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from storage.errors import PackedMisuse

NAME: Final = "yeban_packed"
"""What transformers knows `attend` as; a name with "flash" in it would send it down its own path."""


class Kernel(Protocol):
    """Softmax attention inside each sequence of a packed row."""

    def __call__(
        self, query: Tensor, key: Tensor, value: Tensor, packing: Packing, scale: float | None, reach: int | None
    ) -> Tensor:
        """Attend.

        Args:
            query: float[T, heads, D], as are `key` and `value`.
            key: See `query`.
            value: See `query`.
            packing: Where the sequences lie.
            scale: Factor on the scores; None: 1 / sqrt(D).
            reach: How many tokens a token sees on either side; None: all of its sequence.

        Returns:
            float[T, heads, D].
        """
        ...


@dataclass(frozen=True, slots=True)
class Packing:
    """Where B sequences lie in one row of T tokens, for one forward.

    Attributes:
        lengths: int64[B], tokens per sequence, all positive; on the host.
        boundaries: int32[B + 1], 0 and the running sum of the lengths; on the device.
        kernel: What computes the attention.
        layers: Modules that have attended so far: the proof that none attended in another way.
    """

    lengths: NDArray[np.int64]
    boundaries: Tensor
    kernel: Kernel
    layers: list[nn.Module] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Tokens in the row."""
        return int(self.lengths.sum())


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    packing: Packing | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attend within the sequences of a packed row; the attention interface of transformers.

    Args:
        module: The attention layer that asks.
        query: float[1, heads, T, D], as are `key` and `value`.
        key: See `query`.
        value: See `query`.
        attention_mask: None: the boundaries say it all.
        scaling: Factor on the scores; None: 1 / sqrt(D).
        dropout: 0: packing is for scoring.
        sliding_window: A token sees those fewer than so many tokens away (ModernBERT's local layers).
        packing: Where the sequences lie.

    Returns:
        float[1, T, heads, D] and no weights.

    Raises:
        PackedMisuse: This is no packed row, or it comes with a mask or with dropout.
    """
    if packing is None:
        raise PackedMisuse("packed attention was called without boundaries", expected="a forward of `PackedNetwork`")
    if attention_mask is not None or dropout:
        raise PackedMisuse("packed attention was given a mask or dropout", expected="neither: it is for scoring")
    if query.shape[0] != 1 or query.shape[2] != packing.tokens or key.shape != query.shape:
        raise PackedMisuse(
            f"packed attention was given {tuple(query.shape)}", expected=f"one row of {packing.tokens} tokens"
        )
    packing.layers.append(module)
    q, k, v = (each[0].transpose(0, 1) for each in (query, key, value))
    reach = None if sliding_window is None else sliding_window - 1
    return packing.kernel(q, k, v, packing, scaling, reach)[None], None


def per_sequence(
    query: Tensor, key: Tensor, value: Tensor, packing: Packing, scale: float | None, reach: int | None
) -> Tensor:
    """Take one sequence after the other through SDPA: any device, any number type."""
    pieces = (torch.split(each.transpose(0, 1), packing.lengths.tolist(), dim=1) for each in (query, key, value))
    outputs = [
        scaled_dot_product_attention(
            q[None], k[None], v[None], attn_mask=_local_mask(q.shape[1], reach, q.device), scale=scale
        )[0]
        for q, k, v in zip(*pieces, strict=True)
    ]
    return torch.cat(outputs, dim=1).transpose(0, 1)


def _local_mask(length: int, reach: int | None, device: torch.device) -> Tensor | None:
    """bool[length, length], true where a token sees another."""
    if reach is None or length <= reach + 1:
        return None
    places = torch.arange(length, device=device)
    return (places[:, None] - places[None, :]).abs() <= reach


def varlen(
    query: Tensor, key: Tensor, value: Tensor, packing: Packing, scale: float | None, reach: int | None
) -> Tensor:
    """Take all sequences at once through `torch.nn.attention.varlen` (CUDA, fp16 or bf16)."""
    from torch.nn.attention.varlen import varlen_attn  # not in every build of torch

    longest = int(packing.lengths.max())
    # Options are passed only where they matter: older versions of torch have fewer of them.
    options: dict[str, Any] = {} if reach is None else {"window_size": (reach, reach)}
    if scale is not None and scale != query.shape[-1] ** -0.5:
        options["scale"] = scale
    boundaries = packing.boundaries
    return varlen_attn(query, key, value, boundaries, boundaries, longest, longest, **options)  # type: ignore[return-value]


def varlen_obstacle(device: torch.device, dtype: torch.dtype | None, head_size: int) -> str | None:
    """Say what keeps `varlen` from working; None: nothing that is known beforehand.

    Args:
        device: Where the network runs.
        dtype: The number type of autocast; None: float32.
        head_size: Dimensions of one attention head.
    """
    if device.type != "cuda":
        return f"packed attention needs CUDA, not {device.type}"
    if torch.cuda.get_device_capability(device) < (8, 0):
        return f"packed attention needs compute capability 8.0, {torch.cuda.get_device_name(device)} is older"
    if dtype not in (torch.float16, torch.bfloat16):
        return "packed attention needs fp16 or bf16, not fp32"
    if head_size > 256 or head_size % 8:
        return f"packed attention needs heads of 8, 16, ... 256 dimensions, not {head_size}"
    return None
