"""What may stand in a cell: harmless when a spreadsheet opens it, and the same again when it is read back."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_CELL: Final = 32_767
"""UTF-16 units that a cell of Excel holds."""

GUARD: Final = "'"
_ROOM_FOR_NOTE: Final = 40

# What a spreadsheet takes for the start of a formula. NFKC brings full-width, small and raised forms here.
_STARTS: Final = "=+-@"
_ALSO: Final = "\u2212\u2010\u2011\u2012\u2013"  # minus and dashes that NFKC leaves as they are


def _dangerous() -> str:
    forms = (chr(code) for code in range(0x2000, 0x10000) if not 0xD800 <= code < 0xE000)
    wide = [form for form in forms if unicodedata.normalize("NFKC", form)[:1] in _STARTS]
    return "".join(re.escape(char) for char in (*_STARTS, *_ALSO, *wide))


_DANGEROUS: Final = _dangerous()
_INVISIBLE: Final = r"\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"
_AT_START: Final = re.compile(f"['\t\r\n]|[{_INVISIBLE}\"“”]*[{_DANGEROUS}]")
# Opened with another separator, or after a broken quote, a cell may begin in the middle of ours.
_INSIDE: Final = re.compile(f"([,;|\t\r\n][{_INVISIBLE}\"]*)('*)(?=[{_DANGEROUS}])")
_INSIDE_GUARDED: Final = re.compile(f"([,;|\t\r\n][{_INVISIBLE}\"]*)'('*)(?=[{_DANGEROUS}])")
# Numbers, dates, times and truth values, which Excel rewrites: 1e5, 00123, 3-4, 1/2, 3月5日, 5 May, TRUE.
_VALUE: Final = re.compile(
    r"(?=.*\d)[\s\d.,:/%()#$¥￥€£+\-年月日号時时点分秒上下午]{1,60}|(?=.*\d)[\s\d.,:/+\-]*[a-z]{1,9}[\s\d.,:/+\-]*|true|false|#[a-z/0]+[!?]?",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_LINE_END: Final = re.compile(r"\r\n?")


def neutralise(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run or rewrite: formulas, numbers, dates.

    `restore` takes it away again, exactly: a text that begins with an apostrophe gets another one.
    """
    inside = _INSIDE.sub(r"\1'\2", text)
    return GUARD + inside if _AT_START.match(inside) or _VALUE.fullmatch(text) else inside


def restore(cell: str) -> str:
    """The text that `neutralise` made the cell of."""
    return _INSIDE_GUARDED.sub(r"\1\2", cell.removeprefix(GUARD))


def cell_of(text: str) -> str:
    """A text for a cell: no control characters, line feeds alone, neutralised, not longer than Excel allows.

    A cut text says so at its end. What is cut or left out is lost: texts in sheets are for people to read.
    """
    cell = neutralise(_CONTROL.sub("", _LINE_END.sub("\n", text)))
    if utf16_units(cell) <= MAX_CELL:
        return cell
    kept = _cut(cell, MAX_CELL - _ROOM_FOR_NOTE)
    return f"{kept}…[+{len(cell) - len(kept)}]"


def utf16_units(text: str) -> int:
    """The length that Excel counts."""
    return len(text) + sum(char > "\uffff" for char in text)


def _cut(text: str, units: int) -> str:
    encoded = text.encode("utf-16-le")[: 2 * units]
    return encoded.decode("utf-16-le", "ignore")  # half of a pair at the end goes
