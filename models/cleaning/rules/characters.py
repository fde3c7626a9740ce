"""Single characters: invisible ones, width, case, digits, white space."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.cleaning.columns import apply_where, replace_where
from models.cleaning.rule import RULES, modes, switch
from models.cleaning.spec import Latin, Number, WhiteSpace, Width

NUMBER_WORD: Final = "数字"

# Line separators that are not \n; \t, \n and \r count as white space, not as control characters.
_LINE_BREAKS: Final = r"\r\n|[\x0B\x0C\r\x{85}\x{2028}\x{2029}]"
# Controls, formats (zero width, direction, soft hyphen, tags), private use, U+FFFD and noncharacters,
# variation selectors, and the blanks that Unicode counts as letters or symbols.
_INVISIBLE: Final = (
    r"[\x00-\x08\x0E-\x1F\x7F-\x{84}\x{86}-\x{9F}\p{Cf}\p{Co}\x{FFFD}\x{FFFE}\x{FFFF}\x{FDD0}-\x{FDEF}"
    r"\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{2800}\x{3164}\x{FFA0}]"
)

_ZH_PUNCTUATION: Final = list("，！？：；（）～…")
# NFKC leaves private-use characters alone; `drop_invisible` has taken out those of the text itself.
_SHELTERS: Final = [chr(0xF0000 + i) for i in range(len(_ZH_PUNCTUATION))]
# NFKC changes nothing that is made of these alone: ASCII, common Han, Chinese punctuation.
_NOT_PLAIN: Final = r"[^\x00-\x7F\x{4E00}-\x{9FFF}、。〈〉《》「」『』【】“”‘’—·"
_NOT_PLAIN_ZH: Final = _NOT_PLAIN + "".join(_ZH_PUNCTUATION) + "]"

_DIGITS: Final = r"[0-9]"
_NUMBERS: Final = r"[0-9]+(?:[.,:][0-9]+)*"


def drop_invisible(texts: pl.Series) -> pl.Series:
    """Drop what has no width or no meaning; unusual line separators become line breaks."""
    return replace_where(replace_where(texts, _LINE_BREAKS, "\n"), _INVISIBLE, "")


def fold_width(texts: pl.Series, mode: Width) -> pl.Series:
    """Normalise to NFKC; with `nfkc_zh` Chinese punctuation stays as it is."""
    if mode == "nfkc":
        return apply_where(texts, _NOT_PLAIN + "]", lambda found: found.str.normalize("NFKC"))
    return apply_where(texts, _NOT_PLAIN_ZH, _fold_all_but_punctuation)


def _fold_all_but_punctuation(texts: pl.Series) -> pl.Series:
    sheltered = texts.str.replace_many(_ZH_PUNCTUATION, _SHELTERS)
    return sheltered.str.normalize("NFKC").str.replace_many(_SHELTERS, _ZH_PUNCTUATION)


def lower_latin(texts: pl.Series) -> pl.Series:
    """Turn letters into lower case."""
    return apply_where(texts, r"\p{Lu}", lambda found: found.str.to_lowercase())


def replace_numbers(texts: pl.Series, mode: Number) -> pl.Series:
    """Turn each digit into 0 (`zeros`) or each number into one word (`placeholder`)."""
    if mode == "zeros":
        return replace_where(texts, _DIGITS, "0")
    return replace_where(texts, _NUMBERS, NUMBER_WORD)


def tidy_white_space(texts: pl.Series, mode: WhiteSpace) -> pl.Series:
    """Make runs of white space one space, or keep one line break of each, and trim."""
    if mode == "collapse":
        return apply_where(texts, r"\s", lambda found: found.str.replace_all(r"\s+", " ").str.strip_chars())
    return apply_where(texts, r"\s", _tidy_paragraphs)


def _tidy_paragraphs(texts: pl.Series) -> pl.Series:
    lines = texts.str.replace_all(r"[\s--\n]+", " ")
    return lines.str.replace_all(r" ?\n[ \n]*", "\n").str.strip_chars()


RULES.add("invisible", switch(drop_invisible, place=20, version=1))
RULES.add("width", modes(fold_width, Width, place=30, version=1))
RULES.add("number", modes(replace_numbers, Number, place=130, version=1))
RULES.add("latin", modes(lambda texts, _mode: lower_latin(texts), Latin, place=140, version=1))
RULES.add("white_space", modes(tidy_white_space, WhiteSpace, place=150, version=1))
