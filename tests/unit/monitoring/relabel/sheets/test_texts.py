from __future__ import annotations

import pytest

from monitoring.relabel.sheets.texts import SentTexts, TextMatch, normal

TEXTS = {"a": "很好 吃\r\n真的", "b": "差 😡", "c": "差 🤬", "d": "好👍的"}


@pytest.mark.parametrize("got", ["很好 吃\r\n真的", "  很好吃\n真的 ", "'很好吃真的", "很好\u200b吃真的"])
def test_blanks_and_invisible_characters_do_not_matter(got: str) -> None:
    assert SentTexts(TEXTS).compare("a", got) is TextMatch.SAME


def test_another_text() -> None:
    texts = SentTexts(TEXTS)
    assert texts.compare("a", "很好吃") is TextMatch.OTHER
    assert texts.compare("a", TEXTS["d"]) is TextMatch.OTHER


def test_lost_emoji_count_where_one_text_fits() -> None:
    texts = SentTexts(TEXTS)
    assert texts.compare("d", "好?的") is TextMatch.SAME
    assert texts.compare("d", "好??的") is TextMatch.SAME
    assert texts.compare("b", "差?") is TextMatch.AMBIGUOUS


def test_an_item_is_found_by_its_text() -> None:
    texts = SentTexts({**TEXTS, "e": "两次", "f": "两次"})
    assert (texts.find("很好吃真的"), texts.find("好?的")) == ("a", "d")
    assert [texts.find(got) for got in ("两次", "差?", "没有", "", " ")] == [None] * 5


def test_normal() -> None:
    assert normal(" 'a\tb\u3000c\ufeff") == "abc"
