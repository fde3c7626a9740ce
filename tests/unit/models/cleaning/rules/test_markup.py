from __future__ import annotations

import polars as pl
import pytest

from models.cleaning.rules.markup import decode_entities, drop_tags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("&lt;&gt;&amp;&quot;", '<>&"'),
        ("&#20013;&#x4E2D;&#X4e2d;", "中中中"),
        ("&#20013 &#x4e2d!", "中 中!"),
        ("&amp;amp;amp;lt;", "<"),
        ("&nbsp中&nbsp&nbsp;", "\xa0中\xa0\xa0"),
        ("&hellip;&ldquo;&rdquo;&mdash;&middot;", "…“”—·"),
        ("&ltd &copycat &notin &out AT&T a&b", "&ltd &copycat &notin &out AT&T a&b"),
        ("&unknown; &; &#; &#x;", "&unknown; &; &#; &#x;"),
        ("&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"),
        ("&#31;", ""),
        ("?a=1&lt=2&copy=3", "?a=1<=2&copy=3"),
    ],
)
def test_entities(text: str, expected: str) -> None:
    assert decode_entities(pl.Series([text])).to_list() == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲<br>乙<BR/>丙<br />丁", "甲\n乙\n丙\n丁"),
        ("<span style='color:red'>甲</span>", "甲"),
        ('<img src="a.png" alt="图"/>甲', "甲"),
        ("<input type=checkbox checked disabled>甲", "\n甲"),
        ("<!-- 注 -->甲<!DOCTYPE html>", " 甲 "),
        ("甲<script type='x'>var a = '<b>';</script>乙", "甲 乙"),
        ("甲<style>p {}</style>乙<!-- 没有结尾", "甲 乙 "),
        ("<![CDATA[甲]]>", " 甲 "),
    ],
)
def test_tags_go(text: str, expected: str) -> None:
    assert drop_tags(pl.Series([text])).to_list() == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "a<b",
        "1<2",
        "a<b > 2",
        "<灵>",
        "<Web2.0>",
        "x<p and q>r",
        "<-_->",
        "(>_<)",
        "<<>>",
        "</>",
    ],
)
def test_text_stays(text: str) -> None:
    assert drop_tags(pl.Series([text])).to_list() == [text]
