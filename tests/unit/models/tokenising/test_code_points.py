"""A column of texts as code points."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from models.tokenising import code_points
from models.tokenising.code_points import CodePoints, decode_pieces

TEXTS = ["", "好书", "", "a\x00é", "𠀀😂", "\uffff\U0010ffff", "", "十五个字的一段话都在这里了吗", "好"]


def decoded(points: CodePoints) -> list[str]:
    assert points.codes.tolist() == [ord(character) for character in points.text]
    bounds = points.offsets.tolist()
    return [points.text[begin:end] for begin, end in pairwise(bounds)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_pieces_in_order(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(code_points, "PIECE_CHARACTERS", size)
    pieces = list(decode_pieces(pl.Series(TEXTS)))
    assert [text for _, points in pieces for text in decoded(points)] == TEXTS
    assert [text for texts, _ in pieces for text in texts.to_list()] == TEXTS
    assert all(len(points.text) <= size or len(texts) == 1 for texts, points in pieces)
    assert size < 100 or len(pieces) == 1


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_nothing(texts: list[str]) -> None:
    pieces = list(decode_pieces(pl.Series(texts, dtype=pl.String)))
    assert [text for _, points in pieces for text in decoded(points)] == texts


def test_a_column_of_several_chunks_and_part_of_one() -> None:
    column = pl.Series(TEXTS[:4]).append(pl.Series(TEXTS[4:])).slice(1, 6)
    assert [text for _, points in decode_pieces(column) for text in decoded(points)] == TEXTS[1:7]


def test_documents_of_positions() -> None:
    (_, points), *_ = decode_pieces(pl.Series(["ab", "", "c", "", "def"]))
    assert points.documents_of(np.array([1, 2, 5, 3])).tolist() == [0, 2, 4]
    assert points.documents_of(np.array([], np.int64)).tolist() == []
