"""Traditional to simplified characters."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import Final

import opencc
import polars as pl

from models.cleaning.columns import SEPARATOR, apply_where, through_one_string
from models.cleaning.rule import RULES, switch

# The blocks of Han characters that OpenCC's tables cover, compatibility forms included.
_HAN: Final = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x323B0))


def to_simplified(texts: pl.Series) -> pl.Series:
    """Convert the rows that hold a character which OpenCC changes wherever it stands.

    Other rows are simplified already. OpenCC's phrases would change a few of them, and more for the worse
    (万一坏了 → 万一坯了) than for the better (回覆 → 回复).
    """
    return apply_where(
        texts, f"[{changed_characters()}]", lambda found: through_one_string(found, _converter().convert)
    )


@cache
def changed_characters() -> str:
    """Return every Han character that OpenCC changes when it stands alone, in code point order."""
    han = [chr(code) for code in chain(*_HAN)]
    converted = _converter().convert(SEPARATOR.join(han)).split(SEPARATOR)
    return "".join(old for old, new in zip(han, converted, strict=True) if old != new)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


RULES.add("simplified", switch(to_simplified, place=50, version=1))
