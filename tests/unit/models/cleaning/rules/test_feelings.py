from __future__ import annotations

import hashlib
import json
from importlib import resources

import polars as pl
import pytest

from models.cleaning.rules.feelings import emoji_names, feelings, replace_emoji, replace_emoticons
from models.cleaning.spec import Emotion


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("name", "好 笑cry  含早 [1][][太长太长太长太长太][a b]"),
        ("sentiment", "好 高兴 [含早][1][][太长太长太长太长太][a b]"),
        ("drop", "好 [含早][1][][太长太长太长太长太][a b]"),
    ],
)
def test_emoticons(mode: Emotion, expected: str) -> None:
    texts = pl.Series(["好[笑cry][含早][1][][太长太长太长太长太][a b]"])
    assert replace_emoticons(texts, mode).to_list() == [expected]


def test_emoticon_in_several_brackets() -> None:
    assert replace_emoticons(pl.Series(["[[心]]"]), "name").to_list() == [" 心 "]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("name", "好 笑哭了  汽车 1→©"), ("sentiment", "好 高兴   1→©"), ("drop", "好  1→©")],
)
def test_emoji(mode: Emotion, expected: str) -> None:
    cleaned = replace_emoji(pl.Series(["好😂🚗1→©"]), mode).item()
    assert cleaned.split() == expected.split()


@pytest.mark.parametrize(
    ("sign", "name"),
    [("👍🏽", "赞"), ("🤷🏽♂", "男生耸肩"), ("🇨🇳", "中国"), ("🇨🇳🇯🇵", "中国  日本"), ("1⃣", "1"), ("♀", "♀")],
)
def test_sequences(sign: str, name: str) -> None:
    assert replace_emoji(pl.Series([sign]), "name").item().strip() == name


def test_names_are_chinese_words() -> None:
    names = pl.Series(list(emoji_names().values()))
    assert len(names) > 1200
    assert names.filter(~names.str.contains(r"^[\p{Han}A-Za-z0-9“”()+-]+$")).to_list() == []


def test_no_sign_has_two_feelings() -> None:
    text = resources.files("models.cleaning.rules").joinpath("feelings.txt").read_text(encoding="utf-8")
    signs = [sign for line in text.splitlines() if not line.startswith("#") for sign in line.partition(":")[2].split()]
    assert len(signs) == len(set(signs)) == len(feelings())


def test_every_listed_sign_can_be_met() -> None:
    """An emoji must be in the table; an emoticon must look like one."""
    emoji = [sign for sign in feelings() if not sign.startswith("[")]
    assert [sign for sign in emoji if sign not in emoji_names()] == []
    emoticons = pl.Series([sign for sign in feelings() if sign.startswith("[")])
    assert replace_emoticons(emoticons, "name").to_list() == [f" {sign[1:-1]} " for sign in emoticons]
    assert set(feelings().values()) == {"高兴", "喜爱", "悲伤", "愤怒", "厌恶", "恐惧", "惊讶", "中性"}


def test_emoji_names_are_those_of_this_cleaning_version() -> None:
    """If a new emoji package renames some, old bundles would clean otherwise: raise CLEANING_VERSION."""
    table = json.dumps(emoji_names(), ensure_ascii=False, sort_keys=True)
    assert hashlib.sha256(table.encode()).hexdigest()[:16] == "d53d4edac8187bfe"
