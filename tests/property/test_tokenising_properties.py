"""Whatever the tokenizer and the text: the fast path gives the ids of the tokenizers library."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, normalizers
from tokenizers import Tokenizer as Backend

from models.tokenising import code_points
from models.tokenising import spans as runs
from models.tokenising.fast_path import FastPath, is_of_berts_kind
from models.tokenising.library import encode_by_library
from tests.support.networks import WORDS, backend
from tests.support.test_effort import examples

# Letters, kana, Hangul, jamo, marks, signs and pieces, so that much of what is drawn below has an id of its own.
KNOWN = (
    *WORDS,
    *"éİıßАа①Ⅳのがかアヴ한각ㄱᄒ😂❤∑-.,，。！？#@[]~你龘豈神𠀀",
    *("##é", "##h", "##1", "##2", "##の", "##か", "##😂", "##ᅡ", "##ᆫ", "the", "ab", "##bc", "10", "한", "##\u0301"),
)
NORMALIZERS: dict[str, dict[str, Any]] = {
    "chinese": {},
    "accents kept": {"strip_accents": False},
    "case kept": {"lowercase": False},
    "case kept, accents not": {"lowercase": False, "strip_accents": True},
    "chinese in runs": {"handle_chinese_chars": False},
    "nothing cleaned": {"clean_text": False},
    "as it comes": {
        "clean_text": False,
        "handle_chinese_chars": False,
        "strip_accents": False,
        "lowercase": False,
    },
}
ADDED: dict[str, list[AddedToken]] = {
    "added": [AddedToken(content, special=True, normalized=False) for content in ("[CLS]", "[MASK]")],
    "added, normalised": [AddedToken("好书", normalized=True), AddedToken("É1", normalized=True)],
    "added, with edges": [
        AddedToken("#a", normalized=False, single_word=True),
        AddedToken("书", normalized=False, lstrip=True, rstrip=True),
        AddedToken("ab 1", normalized=True, lstrip=True, single_word=True),
    ],
    "added, one sign": [AddedToken("。", normalized=True), AddedToken("\u0301", normalized=False)],
    "added, blank": [AddedToken(" ", normalized=False), AddedToken("\n", normalized=False)],
}


def made(options: dict[str, Any], added: list[AddedToken]) -> Backend:
    tokenizer = backend(tuple(dict.fromkeys(KNOWN)))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.add_tokens(added)
    return tokenizer


BACKENDS = {
    **{name: made(options, []) for name, options in NORMALIZERS.items()},
    **{name: made({}, added) for name, added in ADDED.items()},
    "all added, case kept": made({"lowercase": False, "strip_accents": False}, [*chain(*ADDED.values())]),
}
FAST = {name: FastPath(each) for name, each in BACKENDS.items()}

HIDDEN = list("\x00\x01\t\n\r \x1f\x7f\x85\xa0\xad\u200b\u200d\u2028\u2029\u3000\ufe0f\ufeff\ufffd\ufffe\ue000")
MARKS = list("\u0300\u0301\u0323\u0327\u0338\u0345\u302e\u302f\u3099\u309a\u20e3\U0001d165\U0001d16d\U0001f3fb")
SIGNS = list("，。！？～…—“”·≠;\u037e\u1fef\u2260\u226e#@[](){}<>$^`|\\/_-+=~*&%§¶")
LETTERS = list("aAbé1２ÅåİıßÆﬁΣςАяℵअ한각ㄱ한のがガｶﾞ①Ⅳ㎏½")
HAN = list("好书店坏龘\u2e80\u3007\u31c0\u3400\u4dbf\u9fff\ua000\uf900\ufa0e𠀀\U0002a6df\U0002ebef\U0002f800\U00030000")
FACES = list("😂❤🇨🇳👨‍👩‍👧")
PIECES = ["[CLS]", "[MASK]", "[UNK]", "[cls]", "[ CLS ]", "##a", "##", "#a", "好书", "é1", "É1", "ab 1", "the", "AB"]
LONG = ["a" * 33, "b" * 99, "é" * 100, "1" * 101, "c" * 300, "哈" * 120, "\u0301" * 40]
TEXTS = st.one_of(
    st.lists(st.sampled_from([*HIDDEN, *MARKS, *SIGNS, *LETTERS, *HAN, *FACES, *PIECES]), max_size=14).map("".join),
    st.lists(st.sampled_from([*LETTERS, *LONG, "好", " ", "，", "\u0301"]), max_size=5).map("".join),
    st.lists(st.sampled_from([*MARKS, "a", "한", "，", "好"]), max_size=10).map("".join),
    st.lists(st.sampled_from([*PIECES, "好", "书", "a", "。", "，", " ", "\u0301"]), max_size=6).map("".join),
    st.text(st.characters(codec="utf-8"), max_size=30),
)
COLUMNS = st.lists(TEXTS, max_size=6)


def same(name: str, texts: list[str]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    ids, lengths = FAST[name].encode(column)
    expected_ids, expected_lengths = encode_by_library(BACKENDS[name], column)
    assert lengths.tolist() == expected_lengths.tolist()
    assert ids.tolist() == expected_ids.tolist()
    assert (ids.dtype, lengths.dtype) == (np.int32, np.int64)


def test_all_of_them_take_the_fast_path() -> None:
    assert all(map(is_of_berts_kind, BACKENDS.values()))


@pytest.mark.parametrize("name", BACKENDS)
@examples(40, 500)
@given(texts=COLUMNS)
def test_ids_are_those_of_the_library(name: str, texts: list[str]) -> None:
    same(name, texts)


@pytest.mark.parametrize("name", ["chinese", "added"])
@examples(40, 500)
@given(texts=COLUMNS)
def test_wherever_a_column_is_cut(name: str, texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code_points, "PIECE_CHARACTERS", 7)
        same(name, texts)


@examples(40, 500)
@given(texts=COLUMNS)
def test_all_runs_in_one_slot(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_slots", lambda found: np.zeros(len(found.start), np.int64))
        same("accents kept", texts)


@pytest.mark.parametrize("name", BACKENDS)
def test_every_character_between_others(name: str) -> None:
    """A sample of all code points, dense where most scripts are."""
    codes = [*range(0x1000), *range(0x1000, 0x20000, 13), *range(0x20000, 0x110000, 997)]
    characters = [chr(code) for code in codes if not 0xD800 <= code < 0xE000]
    same(name, [f"a{c}1好{c}，{c}{c}a" for c in characters])
