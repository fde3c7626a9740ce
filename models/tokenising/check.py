"""The fast path against the library, on a small sample of what a run really tokenises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import tokenizers
from numpy.typing import NDArray

from models.tokenising.library import encode_strings
from models.tokenising.spans import span_indices

FIRST_CHARACTERS = 8192
"""Characters that are checked whatever happens, some hundred comments: a few hundredths of a second."""
ONE_IN = 4096
"""Of the characters that follow, one in so many: about a hundredth of the time that cleaning and tokenising take."""
_MOST_DOCUMENTS = 1024


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where a document's ids differ from the library's; holds nothing else of the text.

    Attributes:
        characters: Length of the document.
        token: Place of the first token that differs.
        code_point: Where the library's token begins; None if it has none at that place.
    """

    characters: int
    token: int
    code_point: int | None

    def __str__(self) -> str:
        where = "its end" if self.code_point is None else f"U+{self.code_point:04X}"
        return f"a document of {self.characters} characters, token {self.token}, at {where}"


class SampleCheck:
    """Checks a first few documents, and then a share of all, chosen by their content.

    Args:
        backend: The tokenizer.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        self._due = float(FIRST_CHARACTERS)

    def disagreement(self, texts: pl.Series, ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> Disagreement | None:
        """Compare with the library; the first difference, or None.

        Args:
            texts: String[D] without nulls.
            ids: int32[T], what the fast path made of them.
            offsets: int64[D + 1], document d is `ids[offsets[d]:offsets[d + 1]]`.
        """
        chosen = self._choose(texts)
        strings = texts.gather(chosen).to_list()
        expected, counts = encode_strings(self._backend, strings)
        lengths = offsets[chosen + 1] - offsets[chosen]
        actual = ids[span_indices(offsets[chosen], lengths)]
        if np.array_equal(lengths, counts) and np.array_equal(actual, expected):
            return None
        splits = np.split(actual, np.cumsum(lengths)[:-1]), np.split(expected, np.cumsum(counts)[:-1])
        text, ours, theirs = next(
            each for each in zip(strings, *splits, strict=True) if not np.array_equal(each[1], each[2])
        )
        return self._describe(text, ours, theirs)

    def _choose(self, texts: pl.Series) -> NDArray[np.int64]:
        """int64[S], the documents of the smallest hashes, as many as are due; one too long is owed back."""
        lengths = texts.str.len_chars().to_numpy().astype(np.int64)
        self._due += lengths.sum() / ONE_IN
        if self._due <= 0:
            return np.zeros(0, np.int64)
        order = np.argsort(texts.hash(seed=0).to_numpy())[:_MOST_DOCUMENTS]
        before = np.cumsum(lengths[order]) - lengths[order]
        chosen = order[before < self._due]
        self._due -= lengths[chosen].sum()
        return chosen

    def _describe(self, text: str, ours: NDArray[np.int32], theirs: NDArray[np.int32]) -> Disagreement:
        common = min(len(ours), len(theirs))
        differs = np.flatnonzero(ours[:common] != theirs[:common])
        token = int(differs[0]) if len(differs) else common
        if token >= len(theirs):
            return Disagreement(len(text), token, None)
        begin, _ = self._backend.encode(text, add_special_tokens=False).offsets[token]
        return Disagreement(len(text), token, ord(text[begin]) if begin < len(text) else None)
