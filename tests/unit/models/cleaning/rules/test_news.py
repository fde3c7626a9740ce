from __future__ import annotations

import polars as pl
import pytest

from models.cleaning.rules import news


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲。\n责任编辑：王五\n乙。", "甲。\n乙。"),
        ("甲。\n【责任编辑】王五", "甲。"),
        ("甲。（责编 王五）", "甲。"),
        ("甲。(文字编辑:王五 校对：赵六)", "甲。"),
        ("甲。编辑：王五", "甲。"),
        ("甲。\n副总编辑：王五", "甲。\n副总编辑：王五"),
        ("甲（记者王五）报道。", "甲（记者王五）报道。"),
        ("他问编辑：“稿子好了吗？”", "他问编辑：“稿子好了吗？”"),
        ("记者：为什么\n答：因为", "记者：为什么\n答：因为"),
    ],
)
def test_editor_credits(text: str, expected: str) -> None:
    assert news.drop_editor_credits(pl.Series([text])).to_list() == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("本文来源：某网\n甲。", "甲。"),
        ("【来源：某网】甲。", "甲。"),
        ("甲。(来源:某网)", "甲。"),
        ("甲。来源：某网", "甲。"),
        ("热量来源：米饭\n甲。", "热量来源：米饭\n甲。"),
        ("来源：这句话很长，有句号。还有下一句。", "来源：这句话很长，有句号。还有下一句。"),
    ],
)
def test_source_credits(text: str, expected: str) -> None:
    assert news.drop_source_credits(pl.Series([text])).to_list() == [expected]


ADVERTS = [
    "扫描下方二维码，关注我们！",
    "更多资讯请关注某某微信公众号",
    "点击阅读原文",
    "版权声明：未经许可，不得转载。违者必究。",
    "转载请注明出处。",
    "未经授权不得转载",
    "本文仅代表作者观点，不代表本网立场。",
]


@pytest.mark.parametrize("advert", ADVERTS)
def test_advertising_goes_from_the_end_only(advert: str) -> None:
    body = "正文第一句。正文第二句。"
    texts = pl.Series([f"{body}\n{advert}", f"{body}{advert}", f"{advert}\n{body}", advert])
    assert news.drop_advertising(texts).to_list() == [body, body, f"{advert}\n{body}", advert]


def test_all_adverts_in_a_row() -> None:
    assert news.drop_advertising(pl.Series(["正文。\n" + "\n".join(ADVERTS)])).to_list() == ["正文。"]


def test_long_document_keeps_its_body() -> None:
    body = "".join(f"第{i}句提到公众号和二维码。" for i in range(500))
    assert news.drop_advertising(pl.Series([body + "转载请注明出处。"])).to_list() == [body]


def test_paragraphs_are_compared_within_one_document() -> None:
    same, short = "这一段有十个字或者更多。", "短段落"
    texts = pl.Series([f"{same}\n乙\n{same}\n{short}\n{short}", f"{same}\n丙", same])
    assert news.drop_repeated_paragraphs(texts).to_list() == [
        f"{same}\n乙\n{short}\n{short}",
        f"{same}\n丙",
        same,
    ]
