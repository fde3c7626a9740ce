from __future__ import annotations

import unicodedata

import polars as pl
import pytest

from models.cleaning.rules import characters

INVISIBLE = (
    *(0x00, 0x08, 0x1F, 0x7F, 0x80, 0x9F, 0xAD, 0x200B, 0x200D, 0x200E, 0x202E, 0x2060, 0x2800, 0x3164),
    *(0xFE0F, 0xFEFF, 0xFFFD, 0xFFFF, 0xE000, 0xE415, 0xE0020, 0xE0100, 0xF0000, 0x10FFFD),
)


@pytest.mark.parametrize("code", INVISIBLE)
def test_invisible_goes(code: int) -> None:
    assert characters.drop_invisible(pl.Series([f"甲{chr(code)}乙"])).to_list() == ["甲乙"]


def test_visible_stays() -> None:
    text = "甲 a1，。\t\n…—“”😂❤①é\u0301𠮷"
    assert characters.drop_invisible(pl.Series([text])).to_list() == [text]


@pytest.mark.parametrize("line_break", ["\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_line_breaks_become_one_kind(line_break: str) -> None:
    assert characters.drop_invisible(pl.Series([f"甲{line_break}乙"])).to_list() == ["甲\n乙"]


def test_nfkc_is_what_unicode_says() -> None:
    text = "ＡＢ１２，！？：；（）～…ｶﾞ①㎏ﬁe\u0301⼀豈\u3000"
    assert characters.fold_width(pl.Series([text]), "nfkc").to_list() == [unicodedata.normalize("NFKC", text)]


def test_nfkc_zh_spares_chinese_punctuation_only() -> None:
    text = "Ａ，！？：；（）～…＂＃＄％＆＇＊＋－．／＜＝＞＠［］＿｛｜｝￥"
    assert characters.fold_width(pl.Series([text]), "nfkc_zh").to_list() == [
        "A，！？：；（）～…\"#$%&'*+-./<=>@[]_{|}¥"
    ]


def test_rows_called_plain_are_really_normal() -> None:
    """The test that spares most rows the normalisation must never spare one that needs it."""
    every = pl.Series([chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000])
    assert characters.fold_width(every, "nfkc").to_list() == every.str.normalize("NFKC").to_list()


def test_lower() -> None:
    assert characters.lower_latin(pl.Series(["NBA球星Éa", "好"])).to_list() == ["nba球星éa", "好"]


@pytest.mark.parametrize(
    ("mode", "expected"), [("zeros", "第0章 0,000.00元 00:00"), ("placeholder", "第数字章 数字元 数字")]
)
def test_numbers(mode: characters.Number, expected: str) -> None:
    assert characters.replace_numbers(pl.Series(["第3章 1,234.50元 12:30"]), mode).to_list() == [expected]


def test_white_space() -> None:
    texts = pl.Series(["\t甲 \u3000乙\n\n \n丙\xa0", "丁", " \n "])
    assert characters.tidy_white_space(texts, "collapse").to_list() == ["甲 乙 丙", "丁", ""]
    assert characters.tidy_white_space(texts, "paragraphs").to_list() == ["甲 乙\n丙", "丁", ""]
