"""What news pages put around the article: credits, sources, advertising, repeated paragraphs.

Lines are trimmed before these rules run, and both widths of punctuation are matched. None of the rules
touches a sentence of the body: each asks for a line, a bracket or the end of the document.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.cleaning.columns import apply_where, replace_where
from models.cleaning.rule import RULES, switch

_EDITORS: Final = (
    r"(?:(?:本文|本版|本期|网络|网页|实习|值班|执行|助理|责任|文字|图片|新媒体)*编辑|责编|美编|编审|校对|审校|审核|监制"
    r"|初审|复审|终审|排版)"
)
_WRITERS: Final = r"(?:(?:实习|见习|特约|本报|本网)*(?:记者|通讯员)|作者|撰文|撰稿|供稿|文字|摄影)"
_SOURCES: Final = r"(?:(?:本文|文章|新闻|稿件|消息|原文|信息|内容|资料|图片)?来源|稿源|转载?自|摘自|原载|出处)"
_NAMES: Final = r"[\p{Han}A-Za-z0-9·_、,，/ ]{1,20}"
_OPEN: Final = r"[(（\[【]"
_CLOSE: Final = r"[)）\]】]"
_INSIDE: Final = r"[^()（）\[\]【】\n]{1,30}"

# 责任编辑：张三, 【责任编辑】张三
_EDITOR_LINE: Final = rf"(?m)^{_OPEN}?\s*{_EDITORS}\s*[:：\]】]{_NAMES}{_CLOSE}?$"
_CREDIT_BRACKET: Final = rf"(?m){_OPEN}\s*(?:(?:{_EDITORS}|{_WRITERS})\s*[:：]|(?:责任编辑|责编) ){_INSIDE}{_CLOSE}\s*$"
# 副总编辑：… introduces a speaker, not a credit.
_EDITOR_END: Final = rf"([^总副主])(?:责任编辑|责编|编辑)\s*[:：]{_NAMES}\z"

_SOURCE_LINE: Final = rf"(?m)^{_OPEN}?\s*{_SOURCES}\s*[:：][^\n。！？]{{1,30}}{_CLOSE}?$"
_SOURCE_BRACKET_FIRST: Final = rf"(?m)^{_OPEN}\s*{_SOURCES}\s*[:：]{_INSIDE}{_CLOSE}"
_SOURCE_BRACKET_LAST: Final = rf"(?m){_OPEN}\s*{_SOURCES}\s*[:：]{_INSIDE}{_CLOSE}\s*$"
_SOURCE_END: Final = rf"([。！？!?”」)）】]){_SOURCES}\s*[:：][^\n。！？]{{1,20}}\z"

TAIL_CHARACTERS: Final = 500
"""How much of the end of a document is searched for advertising."""

MIN_REPEATED_CHARACTERS: Final = 10
"""Shorter paragraphs (问：, 图表) may repeat."""

_TO_STOP: Final = r"[^\n。！？]{0,40}"
_ADVERTS: Final = (
    r"(?:请|欢迎|可)?(?:长按|扫描|扫一扫|微信扫|扫码|识别)"
    rf"[^\n。！？]{{0,20}}(?:二维码|关注|公众号|下载|入群){_TO_STOP}",
    rf"(?:更多|欢迎|敬请|请|快来)[^\n。！？]{{0,20}}(?:关注|下载|登录|点击)[^\n。！？]{{0,20}}"
    rf"(?:公众号|微信号?|微博|客户端|阅读原文|APP|app){_TO_STOP}",
    rf"(?:微信)?(?:关注|搜索)[^\n。！？]{{0,20}}(?:公众号|微信号|官方微博){_TO_STOP}",
    rf"(?:请|欢迎)?点击[^\n。！？]{{0,10}}(?:阅读原文|查看原文|原文链接|下方链接|阅读更多|关注){_TO_STOP}",
    r"(?:版权声明|版权与免责声明|免责声明|特别声明|郑重声明|转载声明|声明)[:：][^\n]{0,200}",
    rf"(?:©|\(c\)|\(C\))?版权所有{_TO_STOP}",
    rf"(?:如需|欢迎|凡)?(?:转载|引用)[^\n。！？]{{0,10}}(?:注明|联系|授权){_TO_STOP}",
    rf"未经[^\n。！？]{{0,15}}(?:不得|禁止|严禁|请勿)[^\n。！？]{{0,10}}(?:转载|使用|复制){_TO_STOP}",
    rf"本文(?:仅代表|不代表|系|由)[^\n。！？]{{0,20}}(?:观点|立场|转载|授权){_TO_STOP}",
)
_ADVERT: Final = rf"(?:{'|'.join(_ADVERTS)})[。！!~～…]*[)）\]】]?"
# Begins after a line or a sentence of the body, and runs to the end without another sentence between.
_ADVERT_TAIL: Final = rf"([\n。！？!?”」)）】])[\s>＞▼▲↓☞★*(（\[【—-]*(?:{_ADVERT}[\s>＞▼▲↓☞★*(（\[【—-]*)+\z"
_ADVERT_HINT: Final = "二维码|关注|公众号|点击|声明|版权所有|转载|引用|本文|下载|扫"


def drop_editor_credits(texts: pl.Series) -> pl.Series:
    """Drop 责任编辑：… lines, bracketed credits that end a line, and a bare credit that ends the document."""
    return apply_where(texts, rf"(?:{_EDITORS}|{_WRITERS})\s*[:： \]】]", _drop_editor_credits)


def _drop_editor_credits(texts: pl.Series) -> pl.Series:
    lines = texts.str.replace_all(_CREDIT_BRACKET, "").str.replace_all(_EDITOR_LINE, "")
    return _tidy(lines.str.replace(_EDITOR_END, "${1}"))


def drop_source_credits(texts: pl.Series) -> pl.Series:
    """Drop 来源：… lines, bracketed sources where a line begins or ends, and one that ends the document."""
    return apply_where(texts, rf"{_SOURCES}\s*[:：]", _drop_source_credits)


def _drop_source_credits(texts: pl.Series) -> pl.Series:
    ends = texts.str.replace_all(_SOURCE_BRACKET_LAST, "").str.replace_all(_SOURCE_BRACKET_FIRST, "")
    return _tidy(ends.str.replace_all(_SOURCE_LINE, "").str.replace(_SOURCE_END, "${1}"))


def drop_advertising(texts: pl.Series) -> pl.Series:
    """Drop the advertising that closes a document; a document that is nothing else stays."""
    return apply_where(texts, _ADVERT_HINT, _drop_advertising)


def _drop_advertising(texts: pl.Series) -> pl.Series:
    body, tail = texts.str.head(-TAIL_CHARACTERS), texts.str.tail(TAIL_CHARACTERS)
    return _tidy(body + replace_where(tail, _ADVERT_TAIL, "${1}"))


def drop_repeated_paragraphs(texts: pl.Series) -> pl.Series:
    """Keep the first of paragraphs that are the same within one document."""
    return apply_where(texts, r"\n", _drop_repeated_paragraphs)


def _drop_repeated_paragraphs(texts: pl.Series) -> pl.Series:
    documents = texts.str.split("\n").alias("paragraph").to_frame().with_row_index("row")
    paragraphs = documents.explode("paragraph")
    short = pl.col("paragraph").str.len_chars() < MIN_REPEATED_CHARACTERS
    kept = paragraphs.filter(short | pl.struct("row", "paragraph").is_first_distinct())
    return kept.group_by("row", maintain_order=True).agg(pl.col("paragraph").str.join("\n"))["paragraph"]


def _tidy(texts: pl.Series) -> pl.Series:
    """Close the gaps that a dropped line leaves."""
    return texts.str.replace_all(r"\s*\n\s*", "\n").str.strip_chars()


RULES.add("editor_credits", switch(drop_editor_credits, place=160, version=1))
RULES.add("source_credits", switch(drop_source_credits, place=170, version=1))
RULES.add("advertising", switch(drop_advertising, place=180, version=1))
RULES.add("repeated_paragraphs", switch(drop_repeated_paragraphs, place=190, version=1))
