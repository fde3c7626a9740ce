"""Digests of whole columns."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import polars as pl

from storage.profiles.digests import digest_numbers, digest_texts


class TestDigests:
    TEXTS = ("", "好", "a\0b", "x" * 1_000_000, "😀")

    def test_are_the_halves_of_md5(self) -> None:
        lower, upper = digest_numbers(pl.Series([*self.TEXTS, None]))
        expected = [hashlib.md5(text.encode()).digest() for text in (*self.TEXTS, "")]
        halves = zip(lower.tolist(), upper.tolist(), strict=True)
        assert [struct.pack("<QQ", *sorted(pair)) for pair in halves] == [
            struct.pack("<QQ", *sorted(struct.unpack("<QQ", digest))) for digest in expected
        ]

    def test_as_text(self) -> None:
        digests = digest_texts(pl.Series([*self.TEXTS, None])).to_list()
        assert digests == [hashlib.md5(text.encode()).hexdigest() for text in (*self.TEXTS, "")]

    def test_keep_the_order_of_many(self) -> None:
        texts = pl.Series([f"第{row}条" for row in range(200_000)])
        lower, _ = digest_numbers(texts)
        for row in (122_880, 199_999):
            assert lower[row] == digest_numbers(texts[row : row + 1])[0][0]
        assert len(np.unique(lower)) == len(texts)
