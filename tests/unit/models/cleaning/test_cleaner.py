from __future__ import annotations

import polars as pl
import pytest

from models.cleaning.cleaner import Cleaner
from models.cleaning.presets import cleaning_preset
from models.cleaning.spec import CLEANING_VERSION, CleaningSpec
from storage.errors import BundleContradiction

PRESETS = ("comment", "weibo", "news", "plain")

OFF = CleaningSpec(invisible=False, white_space="keep")


def clean(text: str, **switches: object) -> str:
    spec = CleaningSpec.model_validate(OFF.model_dump() | switches)
    return str(Cleaner(spec).clean(pl.Series([text])).item())


@pytest.mark.parametrize(
    ("switches", "text", "expected"),
    [
        ({"html_entities": True}, "a&lt;b", "a<b"),
        ({"invisible": True}, "好\u200b\x00的", "好的"),
        ({"width": "nfkc"}, "Ａ，好", "A,好"),
        ({"width": "nfkc_zh"}, "Ａ，好", "A，好"),
        ({"html_tags": True}, "<b>好</b>", "好"),
        ({"simplified": True}, "這個", "这个"),
        ({"repost": "markers"}, "嗯//@甲:好", "嗯 好"),
        ({"repost": "drop"}, "嗯//@甲:好", "嗯"),
        ({"url": "drop"}, "看http://t.cn/a好", "看  好"),
        ({"url": "placeholder"}, "看http://t.cn/a好", "看 网址 好"),
        ({"mention": "drop"}, "@甲乙 好", "   好"),
        ({"mention": "placeholder"}, "@甲乙 好", " 用户  好"),
        ({"topic": "text"}, "#早安#好", " 早安 好"),
        ({"topic": "drop"}, "#早安#好", " 好"),
        ({"topic": "placeholder"}, "#早安#好", " 话题 好"),
        ({"max_repeats": 2}, "好好好好", "好好"),
        ({"emoticon": "name"}, "[怒]", " 怒 "),
        ({"emoticon": "sentiment"}, "[怒]", " 愤怒 "),
        ({"emoticon": "drop"}, "好[怒]", "好 "),
        ({"emoji": "name"}, "😡", " 怒火中烧 "),
        ({"emoji": "sentiment"}, "😡", " 愤怒 "),
        ({"emoji": "drop"}, "好😡", "好 "),
        ({"number": "zeros"}, "12.5元", "00.0元"),
        ({"number": "placeholder"}, "12.5元", "数字元"),
        ({"latin": "lower"}, "NBA", "nba"),
        ({"white_space": "collapse"}, " 好\n\n的 ", "好 的"),
        ({"white_space": "paragraphs"}, " 好\n\n的 ", "好\n的"),
        ({"editor_credits": True}, "完。\n责任编辑：王五", "完。"),
        ({"source_credits": True}, "来源：某报\n始。", "始。"),
        ({"advertising": True}, "完。\n转载请注明出处", "完。"),
        ({"repeated_paragraphs": True}, "一二三四五六七八九十\n一二三四五六七八九十", "一二三四五六七八九十"),
    ],
)
def test_each_rule_can_be_switched(switches: dict[str, object], text: str, expected: str) -> None:
    assert clean(text) == text
    assert clean(text, **switches) == expected


def test_every_field_is_tested_above() -> None:
    rows = test_each_rule_can_be_switched.pytestmark[0].args[1]
    tested = {field for switches, _, _ in rows for field in switches}
    assert tested == set(CleaningSpec.model_fields) - {"version"}


def test_other_version_is_refused() -> None:
    with pytest.raises(BundleContradiction) as caught:
        Cleaner(CleaningSpec(version=CLEANING_VERSION + 1))
    message = str(caught.value)
    assert f"version {CLEANING_VERSION + 1}" in message
    assert f"version {CLEANING_VERSION}," in message
    assert caught.value.facts == {"version": CLEANING_VERSION + 1}


@pytest.mark.parametrize("preset", PRESETS)
def test_empty_and_null(preset: str) -> None:
    cleaner = Cleaner(cleaning_preset(preset))
    none = cleaner.clean(pl.Series("text", [], dtype=pl.String))
    assert (none.name, none.dtype, len(none)) == ("text", pl.String, 0)
    nulls = cleaner.clean(pl.Series("text", [None, None]))
    assert (nulls.name, nulls.dtype, nulls.to_list()) == ("text", pl.String, ["", ""])
    mixed = cleaner.clean(pl.Series("text", [None, "好", ""]))
    assert mixed.to_list() == ["", "好", ""]


def test_input_is_left_alone() -> None:
    texts = pl.Series("text", ["<b>好</b>！！！！！", None, "😂"])
    before = texts.to_list()
    Cleaner(cleaning_preset("comment")).clean(texts)
    assert texts.to_list() == before


def test_column_in_several_chunks() -> None:
    texts = pl.concat([pl.Series("t", ["<b>好</b>"]), pl.Series("t", ["平平"]), pl.Series("t", ["Ａ"])], rechunk=False)
    assert texts.n_chunks() == 3
    assert Cleaner(cleaning_preset("comment")).clean(texts).to_list() == ["好", "平平", "a"]


@pytest.mark.parametrize("preset", ["comment", "weibo"])
@pytest.mark.parametrize("text", ["😂", "❤️", "👍🏿", "🇨🇳", "🤷‍♂️", "👨‍👩‍👧‍👦", "[doge]", "☀", "🙏🙏🙏🙏🙏🙏"])
def test_signs_alone_leave_words(preset: str, text: str) -> None:
    cleaned = Cleaner(cleaning_preset(preset)).clean(pl.Series([text])).item()
    assert cleaned
    assert not pl.Series([cleaned]).str.contains(r"[^\p{Han}a-z ]").item()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "unit",
    [
        "哈",
        "<script>",
        "<!--]]>",
        "&amp;",
        "[",
        "#早",
        "@",
        "//@a:",
        "\x00",
        "\n（来源：某",
        "责任编辑：\n",
        "点击",
    ],
)
def test_a_megabyte_of_trouble(preset: str, unit: str) -> None:
    texts = pl.Series([unit * (1_000_000 // len(unit)), "好"])
    cleaned = Cleaner(cleaning_preset(preset)).clean(texts)
    assert cleaned.len() == 2
    assert cleaned[1] == "好"


def test_long_text_is_kept_whole() -> None:
    text = "".join(f"第{i}句话说的是不同的内容。" for i in range(60_000))
    assert Cleaner(cleaning_preset("comment")).clean(pl.Series([text])).item() == text


def test_many_equal_rows() -> None:
    cleaned = Cleaner(cleaning_preset("weibo")).clean(pl.Series(["转//@甲:好[泪]"] * 10_000))
    assert cleaned.len() == 10_000
    assert cleaned.unique().to_list() == ["转 好 泪"]


def test_rules_that_uncover_work_for_others_run_again() -> None:
    cleaner = Cleaner(cleaning_preset("comment"))
    nested = pl.Series(["&am<b></b>p;lt;b&gt;粗&am<i></i>p;lt;/b&gt;"])
    assert cleaner.clean(nested).item() == "粗"
