"""Which tokenizers take the fast path, and what it does with texts that it cannot do itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from tokenizers import AddedToken, models, normalizers, pre_tokenizers, processors
from tokenizers import Tokenizer as Backend

from models.tokenising import spans as runs
from models.tokenising.fast_path import FastPath, is_of_berts_kind
from models.tokenising.library import encode_by_library
from tests.support.networks import WORDS, backend, roberta_backend
from tests.support.tokenizer_spy import spy_on_encoded_strings


def changed(change: Callable[[Backend], object]) -> Backend:
    made = backend()
    change(made)
    return made


def replaced(part: str, value: object) -> Backend:
    return changed(lambda made: setattr(made, part, value))


class TestKind:
    @pytest.mark.parametrize("lowercase", [True, False])
    @pytest.mark.parametrize("strip_accents", [None, True, False])
    def test_bert_in_any_setting(self, *, lowercase: bool, strip_accents: bool | None) -> None:
        normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=strip_accents)
        assert is_of_berts_kind(replaced("normalizer", normalizer))

    @pytest.mark.parametrize(
        "other",
        [
            roberta_backend(),
            Backend(models.BPE({}, [])),
            replaced("model", models.WordLevel({"[UNK]": 0}, unk_token="[UNK]")),
            replaced("normalizer", None),
            replaced("normalizer", normalizers.NFKC()),
            replaced("normalizer", normalizers.Sequence([normalizers.BertNormalizer(), normalizers.Replace("a", " ")])),
            replaced("pre_tokenizer", None),
            replaced("pre_tokenizer", pre_tokenizers.Whitespace()),
            replaced("pre_tokenizer", pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer()])),
            replaced("post_processor", processors.Sequence([])),
            changed(lambda made: made.add_tokens([AddedToken("\u0301", normalized=True)])),
        ],
    )
    def test_others(self, other: Backend) -> None:
        assert not is_of_berts_kind(other)


def same(made: Backend, *texts: str) -> list[int]:
    column = pl.Series(texts)
    ids, lengths = FastPath(made).encode(column)
    expected_ids, expected_lengths = encode_by_library(made, column)
    assert (ids.tolist(), lengths.tolist()) == (expected_ids.tolist(), expected_lengths.tolist())
    return [int(each) for each in ids]


class TestAddedTokens:
    def test_in_the_text_as_it_comes(self) -> None:
        made = changed(lambda made: made.add_special_tokens(["[CLS]", "[MASK]"]))
        good, mask, book = map(WORDS.index, ("好", "[MASK]", "书"))
        assert same(made, "好[MASK]书", "[mask]", "好") == [good, mask, book, 1, 1, 1, good]

    def test_in_the_normalised_text(self) -> None:
        made = changed(lambda made: made.add_tokens([AddedToken("É1", normalized=True)]))
        assert same(made, "E\u03011", "ÉÉ1", "e1", "é 1").count(len(WORDS)) == 3

    def test_only_documents_that_hold_one_go_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = spy_on_encoded_strings(monkeypatch, runs)
        made = changed(lambda made: made.add_special_tokens(["[CLS]"]))
        FastPath(made).encode(pl.Series(["好[a]书", "好[CLS]书", "书"]))
        assert asked == ["a", "好[CLS]书"]


class TestEncode:
    def test_empty_texts_everywhere(self) -> None:
        same(backend(), "", "", "好a", "", "a", "", "")

    def test_no_text(self) -> None:
        ids, lengths = FastPath(backend()).encode(pl.Series([], dtype=pl.String))
        assert (ids.dtype, lengths.dtype, len(ids), len(lengths)) == (np.int32, np.int64, 0, 0)

    def test_a_vocabulary_without_its_unknown_token_fails_like_the_library(self) -> None:
        made = Backend(models.WordPiece({"好": 0}, unk_token="[UNK]"))
        made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
        assert same(made, "好好") == [0, 0]
        with pytest.raises(Exception, match="Missing \\[UNK\\]"):
            FastPath(made).encode(pl.Series(["好书"]))
