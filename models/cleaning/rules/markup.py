"""HTML: entities and tags."""

from __future__ import annotations

import html
import re
from typing import Final

import polars as pl

from models.cleaning.columns import apply_where, replace_where, through_one_string
from models.cleaning.rule import RULES, switch

_AMP: Final = r"&(?:amp;)+"
# Names that are often written without their semicolon; others (`&copy`, `&out`) are more often plain text.
_BARE: Final = "nbsp|ensp|emsp|lt|gt|amp|quot|apos|ldquo|rdquo|middot|hellip|mdash"
_ENTITY: Final = re.compile(
    rf"&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}}(?=;)|(?:{_BARE})(?![A-Za-z0-9]));?"
)

_INLINE: Final = (
    "a|abbr|acronym|b|bdo|big|blink|cite|code|del|dfn|em|font|i|img|ins|kbd|label|map|mark|nobr|o:p|picture|q|rp|rt|"
    "ruby|s|samp|small|source|span|st1:[a-z]+|strike|strong|sub|sup|tt|u|v:[a-z]+|var|wbr"
)
_BLOCK: Final = (
    "address|area|article|aside|audio|base|blockquote|body|br|button|canvas|caption|center|col|colgroup|dd|details|"
    "dir|div|dl|dt|embed|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|"
    "input|legend|li|link|main|marquee|meta|nav|noframes|noscript|object|ol|optgroup|option|p|param|pre|script|"
    "section|select|style|summary|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|ul|video|xml"
)
# A bare word inside a tag must be one of these, or `x<b and c>d` would pass for a tag.
_SWITCHES: Final = (
    "allowfullscreen|async|autoplay|checked|controls|defer|disabled|hidden|loop|multiple|muted|noshade|nowrap|"
    "readonly|required|reversed|selected"
)
_VALUE: Final = r"""(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)"""
_ATTRIBUTE: Final = rf"(?:[a-z_:@][a-z0-9_:.@-]*\s*=\s*{_VALUE}|(?:{_SWITCHES})\b)"
# No blank before the `>` of a bare tag: `a<b > c` compares.
_REST: Final = rf"(?:\s+(?:{_ATTRIBUTE}\s*)+)?(?:\s*/)?>"

# What is never closed runs to the end, as in a browser.
_UNSEEN: Final = (
    r"(?is)<!--.*?(?:-->|\z)|<!doctype[^<>]*>|<!\[cdata\[|\]\]>|<\?xml[^<>]*>"
    rf"|<script{_REST}.*?(?:</script\s*>|\z)|<style{_REST}.*?(?:</style\s*>|\z)"
)
_BLOCK_TAG: Final = rf"(?i)</?(?:{_BLOCK}){_REST}"
_INLINE_TAG: Final = rf"(?i)</?(?:{_INLINE}){_REST}"


def decode_entities(texts: pl.Series) -> pl.Series:
    """Decode entities; `&amp;lt;`, escaped twice, becomes `<` as well."""
    return apply_where(texts, "&[#A-Za-z]", lambda found: through_one_string(found, _unescape))


def _unescape(text: str) -> str:
    return _ENTITY.sub(_decode, re.sub(_AMP, "&", text))


def _decode(entity: re.Match[str]) -> str:
    return html.unescape(entity[0].rstrip(";") + ";")


def drop_tags(texts: pl.Series) -> pl.Series:
    """Drop tags: one that ends a line on the page leaves a line break, one inside a line leaves nothing."""
    return apply_where(texts, r"<[/!?A-Za-z]|\]\]>", _drop_tags)


def _drop_tags(texts: pl.Series) -> pl.Series:
    visible = texts.str.replace_all(_UNSEEN, " ")
    return replace_where(visible.str.replace_all(_BLOCK_TAG, "\n"), _INLINE_TAG, "")


RULES.add("html_entities", switch(decode_entities, place=10, version=1))
RULES.add("html_tags", switch(drop_tags, place=40, version=1))
