from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from models.bundle import open_bundle
from models.excerpts import cut_excerpts
from models.windows import WindowSpec

SLIDE = WindowSpec(max_length=12, long_text="slide", stride=2, max_windows=3)
TEXT = "一二三四五六七八九十 百千万亿 abc 东西南北"


def test_windows_are_the_characters_of_their_tokens(tiny_bundle: Callable[[str], Path]) -> None:
    tokenizer = open_bundle(tiny_bundle("news")).tokenizer()
    texts = pl.Series("text", [TEXT, "短", TEXT])
    (first, short, second) = cut_excerpts(texts, [[1, 0], [0], [2, 7]], tokenizer, SLIDE)
    assert first == ["九十 百千万亿 abc 东西南", "一二三四五六七八九十"]
    assert short == []
    assert second == ["西南北"]  # there is no eighth window


def test_spans_are_as_many_as_the_tokens_that_were_scored(tiny_bundle: Callable[[str], Path]) -> None:
    tokenizer = open_bundle(tiny_bundle("news")).tokenizer()
    for text in (TEXT, "", "😀怎么样？？？", "naïve café 「引号」"):
        tokens = tokenizer.encode(pl.Series("text", [text]))
        assert len(tokenizer.spans(text)) == len(tokens.ids)


def test_a_bundle_that_truncates_has_no_excerpts(tiny_bundle: Callable[[str], Path]) -> None:
    tokenizer = open_bundle(tiny_bundle("comment")).tokenizer()
    assert cut_excerpts(pl.Series("text", [TEXT]), [[0]], tokenizer, WindowSpec(max_length=8)) == [[]]
