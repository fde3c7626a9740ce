"""Emoji and emoticons: their Chinese names, or the feelings they show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

import emoji
import polars as pl

from models.cleaning.columns import apply_where, replace_where
from models.cleaning.rule import RULES, modes
from models.cleaning.spec import Emotion

# `[1]` is a footnote, and a bracket with more in it is text.
_EMOTICON: Final = r"\[+([\p{Han}A-Za-z][\p{Han}A-Za-z0-9_·]{0,7})\]+"

_JOINERS: Final = str.maketrans("", "", "\u200d\ufe0e\ufe0f")
# Skin tones and the frame of a keycap say nothing about the text.
_MODIFIERS: Final = r"[\x{1F3FB}-\x{1F3FF}\x{20E3}]"
_TONES: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_GENDERS: Final = ("♂", "♀")
# Digits, ©, ™, ‼ and arrows are emoji to Unicode, but text to a reader.
_FIRST_PICTOGRAPH: Final = "\u2200"
# Where the name of the picture is not what the sign means on the Chinese web.
_BETTER_NAMES: Final = {"♥": "红心", "👍": "赞", "👎": "踩"}


def replace_emoticons(texts: pl.Series, mode: Emotion) -> pl.Series:
    """Replace `[doge]`-style emoticons by their names, by feelings, or by nothing."""
    if mode == "name":
        return replace_where(texts, _EMOTICON, " ${1} ")
    words = {sign: word for sign, word in feelings().items() if sign.startswith("[")}
    return _replace_signs(texts, r"\[", words, mode)


def replace_emoji(texts: pl.Series, mode: Emotion) -> pl.Series:
    """Replace emoji by their Chinese names, by feelings, or by nothing."""
    words = emoji_names()
    if mode == "sentiment":
        words = {sign: feelings().get(sign, "") for sign in words}
    starts = "".join(sorted({sign[0] for sign in words}))
    return _replace_signs(replace_where(texts, _MODIFIERS, ""), f"[{starts}]", words, mode)


def _replace_signs(texts: pl.Series, hint: str, words: Mapping[str, str], mode: Emotion) -> pl.Series:
    """Replace each sign by its word, the longest sign first."""
    signs = sorted(words, key=len, reverse=True)
    replacements = [f" {words[sign]} " if mode != "drop" else " " for sign in signs]
    return apply_where(texts, hint, lambda found: found.str.replace_many(signs, replacements, leftmost=True))


@cache
def feelings() -> dict[str, str]:
    """Return the feeling of each sign listed in `feelings.txt`; emoticons keep their brackets."""
    text = resources.files("models.cleaning.rules").joinpath("feelings.txt").read_text(encoding="utf-8")
    lines = [line.partition(":") for line in text.splitlines() if line and not line.startswith("#")]
    return {sign: word for word, _, signs in lines for sign in signs.split()}


@cache
def emoji_names() -> dict[str, str]:
    """Return the Chinese name of each emoji, as it reads once invisible characters are gone.

    A sequence of several people or things is read one by one; only a gender sign goes with what it
    belongs to.
    """
    emoji.config.load_language("zh")
    named = {sign: str(names["zh"]) for sign, names in emoji.EMOJI_DATA.items() if "zh" in names}
    names = {
        sign.translate(_JOINERS): name.strip(":").replace("_", "")
        for sign, name in named.items()
        if _is_one_picture(sign)
    }
    return names | _BETTER_NAMES


def _is_one_picture(sign: str) -> bool:
    bare = sign.translate(_JOINERS)
    several = "\u200d" in sign and not bare.endswith(_GENDERS)
    return sign[0] >= _FIRST_PICTOGRAPH and not several and bare not in _GENDERS and not _TONES & set(sign)


RULES.add("emoticon", modes(replace_emoticons, Emotion, place=110, version=1))
RULES.add("emoji", modes(replace_emoji, Emotion, place=120, version=1))
