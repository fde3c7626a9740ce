"""Windows of long texts, as people read them: cut out of the cleaned text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from models.tokens import Tokenizer
from models.windows import WindowSpec, cut_windows


def cut_excerpts(
    texts: pl.Series, chosen: Sequence[Sequence[int]], tokenizer: Tokenizer, spec: WindowSpec
) -> list[list[str]]:
    """Cut windows out of texts.

    Args:
        texts: String[N], cleaned, without nulls.
        chosen: Which windows of each text.
        tokenizer: That of the bundle.
        spec: How the bundle cuts.

    Returns:
        For each text its windows' texts, in the order of `chosen`; none of a text that is one window, and none that
        the text does not have.
    """
    return [_cut(text, windows, tokenizer, spec) for text, windows in zip(texts, chosen, strict=True)]


def _cut(text: str, chosen: Sequence[int], tokenizer: Tokenizer, spec: WindowSpec) -> list[str]:
    if not chosen or spec.long_text == "truncate":
        return []
    spans = tokenizer.spans(text)
    windows = cut_windows(np.array([len(spans)]), spec, tokenizer.special.count)
    if len(windows.doc) < 2:
        return []
    pieces = [(int(windows.start[each]), int(windows.length[each])) for each in chosen if each < len(windows.doc)]
    return [text[spans[start, 0] : spans[start + length - 1, 1]] for start, length in pieces]
