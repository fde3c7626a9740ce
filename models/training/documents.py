"""Documents as the network sees them while training: all windows of a document in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from models.aggregation import Aggregation
from models.tokens import SpecialTokens, Tokenizer, Tokens, pad_windows
from models.windows import Windows, WindowSpec, cut_windows


@dataclass(frozen=True, slots=True)
class EncodedDocuments:
    """D tokenised documents and the plan of their windows."""

    tokens: Tokens
    windows: Windows
    special: SpecialTokens

    @classmethod
    def encode(cls, texts: pl.Series, tokenizer: Tokenizer, spec: WindowSpec) -> EncodedDocuments:
        """Tokenise cleaned texts, String[D], and plan their windows."""
        tokens = tokenizer.encode(texts)
        windows = cut_windows(tokens.lengths, spec, tokenizer.special.count)
        return cls(tokens, windows, tokenizer.special)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """int64[D], tokens that a document costs, all its windows counted."""
        return np.add.reduceat(self.windows.length + self.special.count, self.windows.offsets[:-1])


class DocumentDataset(Dataset[Any]):
    """A dataset that hands out whole batches (`__getitems__`), so that nothing is copied before its time."""

    def __init__(self, documents: EncodedDocuments, gold: NDArray[np.int64]) -> None:
        self.documents = documents
        self.gold = gold
        self._order = np.arange(len(gold))

    def by_size(self) -> DocumentDataset:
        """The same documents, longest first, for who reads them in order: batches then hold little padding."""
        order = np.argsort(-self.documents.sizes, kind="stable")
        ordered = DocumentDataset(self.documents, self.gold[order])
        ordered._order = order
        return ordered

    def __len__(self) -> int:
        return len(self.gold)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """A batch of one document."""
        return self.__getitems__([index])

    def __getitems__(self, items: Sequence[int]) -> dict[str, Tensor]:
        """Build a batch of B documents with W windows of at most L tokens.

        Returns:
            `input_ids`, `attention_mask` int64[W, L], `doc` int64[W] in 0..B-1, `labels` int64[B].
        """
        places = np.asarray(items, np.int64)
        rows = self._order[places]
        windows = self.documents.windows
        counts = windows.counts[rows]
        first = np.repeat(windows.offsets[rows], counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        ids, mask = pad_windows(self.documents.tokens, windows, first + within, self.documents.special)
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "doc": torch.from_numpy(np.repeat(np.arange(len(rows)), counts)),
            "labels": torch.from_numpy(self.gold[places]),
        }


class DocumentClassifier(nn.Module):
    """A window classifier whose output is one row of logits per document.

    Its forward names its arguments (no `**kwargs`), so that `transformers.Trainer` cannot mistake it for a
    model that divides its loss by `num_items_in_batch` itself.
    """

    def __init__(self, network: nn.Module, aggregation: Aggregation) -> None:
        super().__init__()
        self.network = network
        self.aggregation = aggregation

    def forward(self, input_ids: Tensor, attention_mask: Tensor, doc: Tensor, labels: Tensor) -> dict[str, Any]:
        """Classify documents.

        Args:
            input_ids: int64[W, L].
            attention_mask: int64[W, L].
            doc: int64[W], ascending, the document of each window.
            labels: int64[B]; its length is the number of documents.

        Returns:
            `logits` float32[B, C].
        """
        windows = self.network(input_ids=input_ids, attention_mask=attention_mask).float()
        return {"logits": aggregate_windows(windows, doc, len(labels), self.aggregation)}


def aggregate_windows(logits: Tensor, doc: Tensor, docs: int, how: Aggregation) -> Tensor:
    """The torch twin of `models.aggregation.aggregate`, with gradients.

    Args:
        logits: float32[W, C].
        doc: int64[W], ascending.
        docs: Number of documents, D.
        how: `mean`, `max` or `logsumexp`.

    Returns:
        float32[D, C].
    """
    where = doc.unsqueeze(1).expand_as(logits)
    empty = logits.new_zeros(docs, logits.shape[1])
    if how == "mean":
        return empty.scatter_reduce(0, where, logits, "mean", include_self=False)
    top = empty.scatter_reduce(0, where, logits, "amax", include_self=False)
    if how == "max":
        return top
    top = top.detach()
    return top + empty.scatter_add(0, where, (logits - top[doc]).exp()).log()
