"""What must hold of cleaning whatever the text."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.cleaning.cleaner import Cleaner
from models.cleaning.presets import cleaning_preset
from tests.support.test_effort import examples

CLEANERS = {preset: Cleaner(cleaning_preset(preset)) for preset in ("comment", "weibo", "news", "plain")}

# Pieces that rules look for, so that they meet and overlap more often than in random text.
HIDDEN = list("\n\t \u3000\u200b\x00\x1f\ufffd\ue415\u0301\ufe0f\u200d")
SIGNS = list('好。，：:～…＜＞＃＠＆Ａ１ａ&;<>/b="#@_[]10😂❤♂🏽🇨🇳AÉİﬁ㎏(（）【】')
MARKUP = ["amp;", "&lt;", "&#64;", "&#x3c;", "&nbsp", "br", "<b>", "</b>", "<p>", "<script>", "<!--", "-->"]
SOCIAL = [
    "//",
    "//@",
    "//@甲:",
    "回复@乙:",
    "http://",
    "www.",
    "t.cn/a",
    "[泪]",
    "[超话]",
    "張三",
    "這個",
    "哈哈",
    "加油",
]
NEWS = [
    "责任编辑",
    "编辑：",
    "来源：",
    "扫描二维码",
    "关注",
    "公众号",
    "点击阅读原文",
    "转载请注明",
    "版权声明：",
]
PIECES = [*HIDDEN, *SIGNS, *MARKUP, *SOCIAL, *NEWS, "这一段有十个字或者更多"]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.none(),
)
COLUMNS = st.lists(TEXTS, max_size=6)


def column(texts: list[str | None]) -> pl.Series:
    return pl.Series("text", texts, dtype=pl.String)


@pytest.mark.parametrize("preset", CLEANERS)
@examples(50, 500)
@given(texts=COLUMNS)
def test_shape_and_characters(preset: str, texts: list[str | None]) -> None:
    cleaned = CLEANERS[preset].clean(column(texts))
    assert (cleaned.name, cleaned.dtype, len(cleaned)) == ("text", pl.String, len(texts))
    assert cleaned.null_count() == 0
    invisible = r"[\p{Cc}\p{Cf}\p{Co}--\n]" if preset == "news" else r"[\p{Cc}\p{Cf}\p{Co}]"
    assert cleaned.filter(cleaned.str.contains(invisible)).to_list() == []
    assert cleaned.to_list() == [text.strip() for text in cleaned.to_list()]


@pytest.mark.parametrize("preset", CLEANERS)
@examples(80, 1000)
@given(texts=COLUMNS)
def test_cleaning_twice_changes_nothing(preset: str, texts: list[str | None]) -> None:
    once = CLEANERS[preset].clean(column(texts))
    assert CLEANERS[preset].clean(once).to_list() == once.to_list()


@pytest.mark.parametrize("preset", CLEANERS)
@examples(50, 500)
@given(before=COLUMNS, after=COLUMNS)
def test_rows_know_nothing_of_their_neighbours(preset: str, before: list[str | None], after: list[str | None]) -> None:
    cleaner = CLEANERS[preset]
    together = cleaner.clean(column(before + after)).to_list()
    apart = cleaner.clean(column(before)).to_list() + cleaner.clean(column(after)).to_list()
    assert together == apart
