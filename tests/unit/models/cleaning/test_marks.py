"""What people put into a text besides words."""

from __future__ import annotations

import polars as pl
import pytest

from models.cleaning.marks import find_marks, without_markup
from storage.profiles.counts import MARKS

CASES = {
    "url": ["看 http://t.cn/abc", "www.example.com 好", "写信 a.b@example.com"],
    "mention": ["@张三 你好", "转发 //@user_1: 好"],
    "topic": ["#新年快乐# 吃饭", "[超话]真好"],
    "emoji": ["开心😀", "👍🏻", "[doge]", "❤️", "笑哭[允悲]"],
    "html": ["<br>换行", "<br />", "</p>", "<a href=x>看", "一<div class='x'>二", "&nbsp;空", "&#39;"],
}
NOTHING = ["", "好书", "3 < 5 > 2", "邮箱里@_@", "© 2026 #1 * 9", "A & B; C", "[1]", "100%", "a<b 且 c>d"]


def marks_of(raw: str, cleaned: str = "") -> set[str]:
    found = find_marks(pl.Series([raw]), pl.Series([cleaned]))
    assert found.shape == (1, len(MARKS))
    return {name for name, there in zip(MARKS, found[0], strict=True) if there}


@pytest.mark.parametrize(("mark", "text"), [(mark, text) for mark, texts in CASES.items() for text in texts])
def test_is_found(mark: str, text: str) -> None:
    raw, cleaned = ("", text) if mark == "html" else (text, "")
    assert mark in marks_of(raw, cleaned)


@pytest.mark.parametrize("text", NOTHING)
def test_is_not_imagined(text: str) -> None:
    assert marks_of(text, text) == set()


def test_html_counts_where_cleaning_left_it_and_the_others_where_people_wrote_them() -> None:
    assert marks_of("<b>好</b> http://t.cn/abc", "好") == {"url"}
    assert marks_of("好", "<b>好</b> http://t.cn/abc") == {"html"}


def test_null_and_no_rows() -> None:
    assert not find_marks(pl.Series([None], dtype=pl.String), pl.Series([""])).any()
    assert find_marks(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.String)).shape == (0, len(MARKS))


def test_what_people_wrote_is_left_without_markup() -> None:
    texts = pl.Series(["<div class=review>物流快</div>", "一般&nbsp;吧", "a<b 且 1 > 0", "没有", ""])
    assert without_markup(texts).to_list() == [" 物流快 ", "一般 吧", "a<b 且 1 > 0", "没有", ""]
