"""Windows as one row of tokens: the packed sister of `models.tokens.pad_windows`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:  # only the types: this package works without the libraries behind them
    from models.tokens import SpecialTokens, Tokens
    from models.windows import Windows


@dataclass(frozen=True, slots=True)
class PackedWindows:
    """B windows, one after the other, T tokens in all.

    Attributes:
        ids: int32[T], special tokens included.
        lengths: int64[B], tokens per window.
        positions: int32[T], position ids as the encoder wants them: they start again in every window.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int64]
    positions: NDArray[np.int32]


def pack_windows(
    tokens: Tokens, windows: Windows, chosen: NDArray[np.int64], special: SpecialTokens, pad: int | None
) -> PackedWindows:
    """Build the packed batch of some windows.

    Args:
        tokens: The documents.
        windows: Their windows.
        chosen: int64[B], which windows go into the batch.
        special: Special tokens to put around each window.
        pad: Where positions skip padding tokens, their id; None: positions count every token from 0.
    """
    content = windows.length[chosen]
    lengths = content + special.count
    ends = np.cumsum(lengths)
    starts = ends - lengths
    ids = np.empty(int(lengths.sum()), np.int32)
    before = len(special.prefix)
    content_starts = np.cumsum(content) - content
    places = np.arange(int(content.sum())) + np.repeat(starts + before - content_starts, content)
    ids[places] = tokens.ids[_sources(tokens, windows, chosen, content_starts)]
    for place, token in enumerate(special.prefix):
        ids[starts + place] = token
    for place, token in enumerate(special.suffix):
        ids[starts + before + content + place] = token
    return PackedWindows(ids, lengths, number_positions(ids, lengths, pad))


def _sources(
    tokens: Tokens, windows: Windows, chosen: NDArray[np.int64], content_starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """int64[sum of content], where each content token stands in `tokens.ids`."""
    content = windows.length[chosen]
    first = tokens.offsets[windows.doc[chosen]] + windows.start[chosen]
    running = np.arange(int(content.sum()))
    sources = running + np.repeat(first - content_starts, content)
    if windows.skip[chosen].any():
        rank = running - np.repeat(content_starts, content)
        beyond = rank >= np.repeat(windows.skip_from[chosen], content)
        sources += np.where(beyond, np.repeat(windows.skip[chosen], content), 0)
    return sources


def number_positions(ids: NDArray[np.int32], lengths: NDArray[np.int64], pad: int | None) -> NDArray[np.int32]:
    """Number the tokens of each sequence as its family does in a padded batch.

    With `pad`, a padding token stands at `pad` and the others count on from `pad + 1`, even where a text spells the
    padding token out: that is what RoBERTa does.

    Args:
        ids: int32[T].
        lengths: int64[B], all positive.
        pad: See `pack_windows`.

    Returns:
        int32[T].
    """
    starts = np.cumsum(lengths) - lengths
    if pad is None:
        return (np.arange(len(ids)) - np.repeat(starts, lengths)).astype(np.int32)
    real = ids != pad
    counted = np.cumsum(real)
    earlier = counted[starts] - real[starts]
    return (np.where(real, counted - np.repeat(earlier, lengths), 0) + pad).astype(np.int32)


def upload(batch: PackedWindows, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Bring a batch to the device in one copy; on CUDA from pinned memory and without waiting.

    Returns:
        ids int64[T], positions int64[T], boundaries int32[B + 1].
    """
    total, windows = len(batch.ids), len(batch.lengths)
    staged = torch.empty(2 * total + windows + 1, dtype=torch.int32, pin_memory=device.type == "cuda")
    flat = staged.numpy()
    flat[:total], flat[total : 2 * total] = batch.ids, batch.positions
    flat[2 * total], flat[2 * total + 1 :] = 0, np.cumsum(batch.lengths)
    there = staged.to(device, non_blocking=True)
    # A tensor of its own, because a kernel may want its start aligned.
    return there[:total].long(), there[total : 2 * total].long(), there[2 * total :].clone()
