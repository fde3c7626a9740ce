"""The sample that is compared with the library in every run."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.tokenising import check
from models.tokenising.check import FIRST_CHARACTERS, ONE_IN, Disagreement, SampleCheck
from models.tokenising.library import encode_by_library
from tests.support.networks import backend, sentences
from tests.support.tokenizer_spy import spy_on_encoded_strings


def compared(checker: SampleCheck, texts: list[str], change: dict[int, int] | None = None) -> Disagreement | None:
    column = pl.Series(texts, dtype=pl.String)
    ids, lengths = encode_by_library(backend(), column)
    for place, wrong in (change or {}).items():
        ids[place] = wrong
    return checker.disagreement(column, ids, np.concatenate([[0], np.cumsum(lengths)]))


class TestDisagreement:
    def test_none(self) -> None:
        checker = SampleCheck(backend())
        assert compared(checker, ["好书", "", "abc 坏"]) is None
        assert compared(checker, []) is None

    def test_where(self) -> None:
        assert compared(SampleCheck(backend()), ["好", "  快é书"], {2: 9}) == Disagreement(5, 1, ord("é"))

    @pytest.mark.parametrize(
        ("ids", "found"), [([7], Disagreement(2, 1, ord("书"))), ([], Disagreement(2, 0, ord("好")))]
    )
    def test_too_few(self, ids: list[int], found: Disagreement) -> None:
        checker = SampleCheck(backend(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "x", "y", "好", "书")))
        actual = checker.disagreement(pl.Series(["好书"]), np.array(ids, np.int32), np.array([0, len(ids)]))
        assert actual == found

    def test_too_many(self) -> None:
        actual = SampleCheck(backend()).disagreement(pl.Series(["𠀀"]), np.array([1, 1], np.int32), np.array([0, 2]))
        assert actual == Disagreement(1, 1, None)

    def test_says_nothing_of_the_text_but_one_code_point(self) -> None:
        assert str(Disagreement(12, 3, 0x20000)) == "a document of 12 characters, token 3, at U+20000"
        assert str(Disagreement(12, 3, None)) == "a document of 12 characters, token 3, at its end"


class TestSample:
    @pytest.fixture
    def looked_at(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        return spy_on_encoded_strings(monkeypatch, check)

    def test_a_short_column_is_checked_whole(self, looked_at: list[str]) -> None:
        texts = sentences(100, 20)
        compared(SampleCheck(backend()), texts)
        assert sorted(looked_at) == sorted(texts)

    def test_a_first_share_and_then_a_small_one(self, looked_at: list[str]) -> None:
        checker = SampleCheck(backend())
        texts = sentences(3000, 20)
        rounds, total = 20, 0
        for _ in range(rounds):
            compared(checker, texts)
            total += len("".join(texts))
        allowed = FIRST_CHARACTERS + total / ONE_IN
        assert allowed - 20 <= len("".join(looked_at)) <= allowed + 20

    def test_a_document_longer_than_what_is_due_is_checked_and_paid_for(self, looked_at: list[str]) -> None:
        checker = SampleCheck(backend())
        compared(checker, ["好" * (3 * FIRST_CHARACTERS)])
        compared(checker, ["坏"])
        assert [text[0] for text in looked_at] == ["好"]

    def test_depends_on_content_and_not_on_order(self, looked_at: list[str]) -> None:
        texts = [f"好书{number}" for number in range(5000)]
        compared(SampleCheck(backend()), texts)
        first = sorted(looked_at)
        looked_at.clear()
        compared(SampleCheck(backend()), texts[::-1])
        assert sorted(looked_at) == first
        assert 500 < len(first) < len(texts)
