"""Drawings out of characters, and texts laid out by the cells that they take on a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size

_BARS: Final = " ▁▂▃▄▅▆▇█"
_CLOSING: Final = "，。；：、）？！”"


def bar_line(heights: Sequence[float], tallest: float | None = None) -> str:
    """Bars from 0 up, one character each; what is not 0 shows, however small it is.

    Args:
        heights: Not negative; NaN leaves a gap.
        tallest: Height of a full bar, so that several lines can share a scale; by default the largest.
    """
    top = tallest or max((each for each in heights if math.isfinite(each)), default=0.0) or 1.0
    return "".join(_bar(each / top) if math.isfinite(each) else " " for each in heights)


def trend_line(values: Sequence[float]) -> str:
    """A line between its own least and largest value; NaN leaves a gap."""
    known = [each for each in values if math.isfinite(each)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    steps = len(_BARS) - 2
    return "".join(
        " " if not math.isfinite(each) else _BARS[1 + round(steps * (each - low) / (high - low or 1.0))]
        for each in values
    )


def fit(text: str, width: int, *, right: bool = False) -> str:
    """A text in exactly so many cells: padded, or cut with an ellipsis."""
    if cell_len(text) > width:
        return set_cell_size(text, max(0, width - 1)) + "…" if width > 0 else ""
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def fold(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most `width` cells: broken at blanks, or after any full-width character."""
    lines, line = [], indent
    for word in _words(text):
        if cell_len(line) + cell_len(word.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line, word = indent, word.lstrip()
        line += word
    return [*lines, line.rstrip()]


def _bar(share: float) -> str:
    return _BARS[min(len(_BARS) - 1, math.ceil(share * (len(_BARS) - 1)))]


def _words(text: str) -> list[str]:
    """Pieces that stay whole: words with the blank after them, full-width characters by themselves."""
    pieces: list[str] = []
    piece = ""
    for character in text:
        if character in _CLOSING and (piece or pieces):  # it may not begin a line
            piece = (piece or pieces.pop()) + character
        elif cell_len(character) == 2:
            pieces += [piece, character] if piece else [character]
            piece = ""
        elif character == " ":
            pieces.append(piece + character)
            piece = ""
        else:
            piece += character
    return [*pieces, piece] if piece else pieces
