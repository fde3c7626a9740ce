"""How a document's tokens become windows that fit the encoder.

Short-text tasks cut (`truncate`); long-document tasks slide a window over the whole text (`slide`). The plan
is made of numbers only: no token is copied before its batch is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator


class WindowSpec(BaseModel):
    """The window part of a bundle's contract.

    Attributes:
        max_length: Tokens in one window, special tokens included.
        long_text: `truncate` keeps one window, `slide` covers the whole document.
        truncation_side: Which end loses tokens when truncating; `middle` keeps both ends.
        stride: Tokens that neighbouring windows share when sliding.
        max_windows: Upper bound on the windows of one document, so that one endless text cannot hold up a
            night; what lies beyond is dropped and the row is marked `truncated`. None: no bound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_length: int = Field(default=128, ge=3)
    long_text: Literal["truncate", "slide"] = "truncate"
    truncation_side: Literal["right", "left", "middle"] = "right"
    stride: int = Field(default=0, ge=0)
    max_windows: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _stride_leaves_progress(self) -> Self:
        if self.stride >= self.max_length - 2:
            raise ValueError(
                f"stride {self.stride} leaves no progress in windows of {self.max_length} tokens; "
                "expected a stride smaller than max_length - 2"
            )
        return self


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of D documents, in document order; W >= D because an empty text is one window.

    Attributes:
        doc: int64[W], index of the document.
        start: int64[W], first token, counted from the beginning of the document.
        length: int64[W], content tokens, special tokens not counted.
        skip_from: int64[W], offset inside the window from which tokens come from the document's end instead
            (`middle` truncation); equals `length` where nothing is skipped.
        skip: int64[W], how many tokens are left out at `skip_from`.
        offsets: int64[D + 1], windows of document d are `offsets[d]:offsets[d + 1]`.
        truncated: bool[D], some token of the document is in no window.
    """

    doc: NDArray[np.int64]
    start: NDArray[np.int64]
    length: NDArray[np.int64]
    skip_from: NDArray[np.int64]
    skip: NDArray[np.int64]
    offsets: NDArray[np.int64]
    truncated: NDArray[np.bool_]

    @property
    def counts(self) -> NDArray[np.int64]:
        """int64[D], windows per document."""
        return np.diff(self.offsets)

    @property
    def index(self) -> NDArray[np.int64]:
        """int64[W], position of each window within its document."""
        return np.arange(len(self.doc)) - self.offsets[self.doc]


def cut_windows(lengths: NDArray[np.int64], spec: WindowSpec, specials: int) -> Windows:
    """Plan the windows of D documents.

    Args:
        lengths: int64[D], tokens per document, special tokens not counted.
        spec: The window part of the bundle's contract.
        specials: Special tokens that each window carries.
    """
    capacity = spec.max_length - specials
    if spec.long_text == "truncate":
        return _truncate(lengths, capacity, spec.truncation_side)
    return _slide(lengths, capacity, capacity - spec.stride, spec.max_windows)


def _truncate(lengths: NDArray[np.int64], capacity: int, side: str) -> Windows:
    docs = len(lengths)
    kept = np.minimum(lengths, capacity)
    lost = lengths - kept
    none = np.zeros(docs, np.int64)
    head = np.where(lost > 0, (kept + 1) // 2, kept) if side == "middle" else kept
    return Windows(
        doc=np.arange(docs),
        start=lost if side == "left" else none,
        length=kept,
        skip_from=head,
        skip=lost if side == "middle" else none,
        offsets=np.arange(docs + 1),
        truncated=lost > 0,
    )


def _slide(lengths: NDArray[np.int64], capacity: int, step: int, max_windows: int | None) -> Windows:
    wanted = 1 + -(-np.maximum(lengths - capacity, 0) // step)
    counts = wanted if max_windows is None else np.minimum(wanted, max_windows)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    doc = np.repeat(np.arange(len(lengths)), counts)
    start = (np.arange(offsets[-1]) - offsets[doc]) * step
    length = np.minimum(lengths[doc] - start, capacity)
    return Windows(
        doc=doc,
        start=start,
        length=length,
        skip_from=length,
        skip=np.zeros_like(length),
        offsets=offsets,
        truncated=counts < wanted,
    )
