"""What social networks put around the words: repost chains, links, mentions, topics."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.cleaning.columns import apply_where, replace_where
from models.cleaning.rule import RULES, modes
from models.cleaning.spec import Removal, Repost, Topic

URL_WORD: Final = "网址"
USER_WORD: Final = "用户"
TOPIC_WORD: Final = "话题"

_CHAIN: Final = r"//\s*@"
_CHAIN_MARKER: Final = r"//\s*@[^:：\s/@]{1,30}\s{0,2}[:：]"
_REPLY_MARKER: Final = r"回复\s*@[^:：\s/@]{1,30}\s{0,2}[:：]"
_CHAIN_TO_END: Final = r"(?s)//\s*@.*"
# Said by the button, not by the poster.
_BUTTON_WORDS: Final = r"转发微博|轉發微博|快转微博|(?i:repost)"
_WORDS: Final = r"[\p{L}\p{So}]"

_URL: Final = (
    r"(?i)https?:/{0,2}[a-z0-9][a-z0-9./?=&%_~#:@$+\\-]*"
    r"|\bwww\.[a-z0-9-]+\.[a-z0-9./?=&%_~#:@$+\\-]*"
    r"|(?-u:\b)(?:t|url|dwz)\.cn/[a-z0-9]+"
    r"|[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,6}(?-u:\b)"
    r"|O网页链接"
)
_URL_HINT: Final = r"(?i)http|www\.|\.cn/|@[a-z0-9-]+\.|O网页链接"

# A name ends where a word ends: a longer run is a sentence after an `@`, and stays.
_MENTION: Final = r"@(?:[A-Za-z_][A-Za-z0-9_-]{0,29}|[\p{L}_][\p{L}\p{N}_-]{0,14})\b"
# The `@` of an e-mail address, and the eyes of `@_@`.
_OTHER_ATS: Final = (
    (r"([A-Za-z0-9])@([A-Za-z0-9])", "${1}\U000f0100${2}"),
    (r"@([_.oO-]?)@", "\U000f0100${1}\U000f0100"),
)
_SHELTERED_AT: Final = "\U000f0100"

# A topic has a word in it (`#_#` is a face); \p{L} here would be 20 times as slow.
_TOPIC: Final = r"#([^#\n\p{Han}A-Za-z0-9]{0,8}[\p{Han}A-Za-z0-9][^#\n]{0,60})#"
_SUPER_TOPIC: Final = r"\[超话\]"


def unchain_reposts(texts: pl.Series, mode: Repost) -> pl.Series:
    """Take `//@user:` chains apart.

    Args:
        texts: String series without nulls.
        mode: `markers` drops the authors' names; `drop` also drops the others' words, unless the poster
            added no word: a bare repost still has a meaning.
    """
    if mode == "drop":
        texts = apply_where(texts, _CHAIN, _keep_own_words)
    texts = replace_where(texts, _CHAIN_MARKER, " ")
    return replace_where(replace_where(texts, _REPLY_MARKER, " "), _CHAIN, " @")


def _keep_own_words(texts: pl.Series) -> pl.Series:
    own = texts.str.replace(_CHAIN_TO_END, "")
    has_words = own.str.replace_all(_BUTTON_WORDS, "").str.replace_all(_MENTION, "").str.contains(_WORDS)
    return own.zip_with(has_words, texts)


def replace_urls(texts: pl.Series, mode: Removal) -> pl.Series:
    """Drop links and e-mail addresses, or put one word in their place."""
    word = URL_WORD if mode == "placeholder" else ""
    return apply_where(texts, _URL_HINT, lambda found: found.str.replace_all(_URL, f" {word} "))


def replace_mentions(texts: pl.Series, mode: Removal) -> pl.Series:
    """Drop `@user`, or put one word in its place; e-mail addresses and `@_@` are no mentions."""
    word = USER_WORD if mode == "placeholder" else ""
    return apply_where(texts, "@", lambda found: _replace_mentions(found, f" {word} "))


def _replace_mentions(texts: pl.Series, replacement: str) -> pl.Series:
    for pattern, sheltered in _OTHER_ATS:
        texts = texts.str.replace_all(pattern, sheltered)
    return texts.str.replace_all(_MENTION, replacement).str.replace_all(_SHELTERED_AT, "@", literal=True)


def replace_topics(texts: pl.Series, mode: Topic) -> pl.Series:
    """Drop `#topic#`, keep only its words (`text`), or put one word in its place."""
    replacement = {"text": " ${1} ", "drop": " ", "placeholder": f" {TOPIC_WORD} "}[mode]
    return apply_where(
        texts,
        "#.*#",
        lambda found: found.str.replace_all(_SUPER_TOPIC, "").str.replace_all(_TOPIC, replacement),
    )


def has_url(texts: pl.Series) -> pl.Series:
    """Boolean[N]: a link or an e-mail address is in the text; no nulls."""
    hinted = texts.str.contains(_URL_HINT)
    return hinted.clone().scatter(hinted.arg_true(), texts.filter(hinted).str.contains(_URL))


def has_mention(texts: pl.Series) -> pl.Series:
    """Boolean[N]: somebody is mentioned in the text; no nulls."""
    return texts != replace_mentions(texts, "drop")


def has_topic(texts: pl.Series) -> pl.Series:
    """Boolean[N]: a `#topic#` or super topic is in the text; no nulls."""
    return texts.str.contains(_TOPIC) | texts.str.contains(_SUPER_TOPIC)


RULES.add("repost", modes(unchain_reposts, Repost, place=60, version=1))
RULES.add("url", modes(replace_urls, Removal, place=70, version=1))
RULES.add("mention", modes(replace_mentions, Removal, place=80, version=1))
RULES.add("topic", modes(replace_topics, Topic, place=90, version=1))
