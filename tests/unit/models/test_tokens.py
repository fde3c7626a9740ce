"""Text to token ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer as Backend
from tokenizers import models, processors

from models.tokenising import spans as span_module
from models.tokenising.characters import CharacterTable
from models.tokenising.library import CHUNK_DOCS
from models.tokenising.spans import SpanEncoder
from models.tokens import SpecialTokens, Tokenizer, Tokens, pad_windows
from models.windows import WindowSpec, cut_windows
from storage.errors import BundleContradiction, BundleIncomplete
from tests.support.networks import WORDS, backend, roberta_backend, sentences

CLS, SEP = WORDS.index("[CLS]"), WORDS.index("[SEP]")


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer(backend(), pad=0, unknown=1)


class TestEncode:
    def test_flat_arrays_without_special_tokens(self, tokenizer: Tokenizer) -> None:
        tokens = tokenizer.encode(pl.Series(["好书", "", "ab 龘"]))
        known = [WORDS.index("好"), WORDS.index("书"), WORDS.index("a"), WORDS.index("##b"), 1]
        assert tokens.ids.tolist() == known
        assert tokens.ids.dtype == np.int32
        assert tokens.offsets.tolist() == [0, 2, 2, 5]
        assert tokens.lengths.tolist() == [2, 0, 3]

    def test_nothing(self, tokenizer: Tokenizer) -> None:
        for texts in ([], ["", ""]):
            tokens = tokenizer.encode(pl.Series(texts, dtype=pl.String))
            assert tokens.lengths.tolist() == [0] * len(texts)
            assert len(tokens.ids) == 0

    def test_more_than_a_chunk(self, tokenizer: Tokenizer) -> None:
        texts = sentences(2 * CHUNK_DOCS + 5, 6)
        tokens = tokenizer.encode(pl.Series(texts))
        plain = [backend().encode(text, add_special_tokens=False).ids for text in texts[-7:]]
        for doc, ids in zip(range(len(texts) - 7, len(texts)), plain, strict=True):
            assert tokens.ids[tokens.offsets[doc] : tokens.offsets[doc + 1]].tolist() == ids

    def test_a_tokenizer_that_truncates_and_pads_no_longer_does(self) -> None:
        made = backend()
        made.enable_truncation(4)
        made.enable_padding(length=8)
        assert Tokenizer(made, pad=0, unknown=1).encode(pl.Series(["好" * 10, "好"])).lengths.tolist() == [10, 1]

    def test_a_tokenizer_of_another_kind(self) -> None:
        tokens = Tokenizer(roberta_backend(), pad=1, unknown=3).encode(pl.Series(["好书", "龘", ""]))
        assert tokens.lengths.tolist() == [2, 1, 0]
        assert tokens.ids[2] == 3


class TestFallback:
    TEXTS = ("好书ab", "坏 书", "", "书" * 7)

    def expected(self) -> list[int]:
        return [each for text in self.TEXTS for each in backend().encode(text, add_special_tokens=False).ids]

    def test_a_wrong_table_is_noticed_and_never_used_again(
        self, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        learn = CharacterTable._learn

        def learn_wrong(table: CharacterTable, codes: NDArray[np.uint32]) -> None:
            learn(table, codes)
            table._table[ord("书")] = WORDS.index("店")

        monkeypatch.setattr(CharacterTable, "_learn", learn_wrong)
        assert tokenizer.encode(pl.Series(self.TEXTS)).ids.tolist() == self.expected()
        (record,) = caplog.records
        assert (record.name, record.levelname) == ("yeban.tokens", "WARNING")
        assert "U+4E66" in record.getMessage()
        assert not any(letter in record.getMessage() for letter in "好书坏")
        assert tokenizer.encode(pl.Series(self.TEXTS)).ids.tolist() == self.expected()
        assert len(caplog.records) == 1

    def test_a_wrong_memory_of_runs_is_noticed(
        self, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(span_module, "_slots", lambda found: np.zeros(len(found.start), np.int64))
        tokenizer.encode(pl.Series(self.TEXTS))
        monkeypatch.setattr(SpanEncoder, "_are_same", lambda *_: np.ones(1, np.bool_))
        assert tokenizer.encode(pl.Series(["h"])).ids.tolist() == [WORDS.index("h")]
        assert "U+0068" in caplog.text

    def test_a_right_table_says_nothing(self, tokenizer: Tokenizer, caplog: pytest.LogCaptureFixture) -> None:
        tokens = tokenizer.encode(pl.Series(self.TEXTS))
        assert tokens.ids.tolist() == self.expected()
        assert not caplog.records


class TestSpecialTokens:
    def test_like_bert(self, tokenizer: Tokenizer) -> None:
        assert tokenizer.special == SpecialTokens((CLS,), (SEP,), pad=0, unknown=1)
        assert tokenizer.special.count == 2

    def test_like_roberta(self) -> None:
        assert Tokenizer(roberta_backend(), pad=1, unknown=3).special == SpecialTokens((0,), (2,), 1, 3)

    def test_several_on_a_side_and_none_on_the_other(self) -> None:
        made = backend()
        made.post_processor = processors.TemplateProcessing(
            single="[CLS] [MASK] $A", special_tokens=[("[CLS]", CLS), ("[MASK]", WORDS.index("[MASK]"))]
        )
        special = Tokenizer(made, pad=0, unknown=1).special
        assert (special.prefix, special.suffix) == ((CLS, WORDS.index("[MASK]")), ())

    def test_a_tokenizer_that_knows_no_word(self) -> None:
        with pytest.raises(BundleContradiction, match="probe words"):
            Tokenizer(Backend(models.BPE({}, [])), pad=0, unknown=1)


class TestFromFile:
    def test_like_bert(self, tmp_path: Path) -> None:
        backend().save(str(tmp_path / "tokenizer.json"))
        tokenizer = Tokenizer.from_file(tmp_path / "tokenizer.json")
        assert tokenizer.special == SpecialTokens((CLS,), (SEP,), pad=0, unknown=1)
        assert tokenizer.largest_id == len(WORDS) - 1

    def test_like_roberta(self, tmp_path: Path) -> None:
        roberta_backend().save(str(tmp_path / "tokenizer.json"))
        assert Tokenizer.from_file(tmp_path / "tokenizer.json").special == SpecialTokens((0,), (2,), pad=1, unknown=3)

    @pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff\xfe", b'{"version": "1.0"}'])
    def test_no_tokenizer(self, tmp_path: Path, content: bytes | None) -> None:
        if content is not None:
            (tmp_path / "tokenizer.json").write_bytes(content)
        with pytest.raises(BundleIncomplete, match="cannot be read"):
            Tokenizer.from_file(tmp_path / "tokenizer.json")

    @pytest.mark.parametrize("lacking", ["[PAD]", "[UNK]"])
    def test_without_padding_or_unknown(self, tmp_path: Path, lacking: str) -> None:
        backend(tuple(word for word in WORDS if word != lacking)).save(str(tmp_path / "tokenizer.json"))
        with pytest.raises(BundleContradiction, match="no padding or no unknown token"):
            Tokenizer.from_file(tmp_path / "tokenizer.json")


class TestPadWindows:
    TOKENS = Tokens(np.arange(10, 22, dtype=np.int32), np.array([0, 7, 7, 12]))

    def test_by_hand(self) -> None:
        windows = cut_windows(self.TOKENS.lengths, WindowSpec(max_length=6, truncation_side="middle"), 2)
        ids, mask = pad_windows(self.TOKENS, windows, np.array([2, 0, 1]), SpecialTokens((2,), (3,), 0, 1))
        assert ids.tolist() == [[2, 17, 18, 20, 21, 3], [2, 10, 11, 15, 16, 3], [2, 3, 0, 0, 0, 0]]
        assert mask.tolist() == [[1] * 6, [1] * 6, [1, 1, 0, 0, 0, 0]]
        assert ids.dtype == mask.dtype == np.int64

    def test_windows_of_one_document_in_any_order(self) -> None:
        spec = WindowSpec(max_length=6, long_text="slide", stride=1)
        windows = cut_windows(self.TOKENS.lengths, spec, 2)
        ids, _ = pad_windows(self.TOKENS, windows, np.array([1, 4, 0]), SpecialTokens((2,), (3,), 0, 1))
        assert ids.tolist() == [[2, 13, 14, 15, 16, 3], [2, 20, 21, 3, 0, 0], [2, 10, 11, 12, 13, 3]]

    def test_special_tokens_on_one_side_only(self) -> None:
        windows = cut_windows(self.TOKENS.lengths, WindowSpec(max_length=4), 1)
        ids, _ = pad_windows(self.TOKENS, windows, np.array([0, 1]), SpecialTokens((), (9,), 0, 1))
        assert ids.tolist() == [[10, 11, 12, 9], [9, 0, 0, 0]]
        ids, _ = pad_windows(self.TOKENS, windows, np.array([0, 1]), SpecialTokens((9,), (), 0, 1))
        assert ids.tolist() == [[9, 10, 11, 12], [9, 0, 0, 0]]

    def test_only_empty_documents(self) -> None:
        tokens = Tokens(np.zeros(0, np.int32), np.array([0, 0]))
        windows = cut_windows(tokens.lengths, WindowSpec(), 2)
        ids, mask = pad_windows(tokens, windows, np.array([0]), SpecialTokens((2,), (3,), 0, 1))
        assert (ids.tolist(), mask.tolist()) == ([[2, 3]], [[1, 1]])
