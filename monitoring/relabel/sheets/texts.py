"""Whether a text that came back is the one that was sent.

Spreadsheets trim blanks, change line ends and drop what they can't show; one that saves as GBK (Excel on a Chinese
Windows: "CSV") writes `?` for emoji. All this is forgiven. A text is never read for training: it only shows whether
the row is still whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from monitoring.relabel.sheets.cells import cell_of

_FORGIVEN: Final = re.compile(r"[\s'\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_BEYOND_16_BITS: Final = re.compile("[\U00010000-\U0010ffff]")


class TextMatch(Enum):
    """What came of a comparison."""

    SAME = "same"
    OTHER = "other"
    AMBIGUOUS = "ambiguous"
    """Characters were lost in saving, and what is left fits several texts of the batch."""


def normal(text: str) -> str:
    """A text without what spreadsheets change: blanks, line ends, control and invisible characters, apostrophes."""
    return _FORGIVEN.sub("", text)


class SentTexts:
    """The texts of a sheet, as they stood in its cells.

    Args:
        texts: Raw text of each item.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._normal = {item: normal(cell_of(text)) for item, text in texts.items()}
        self._owners: defaultdict[str, set[str]] = defaultdict(set)
        for text in self._normal.values():
            for form in {text, *_lossy(text)}:
                self._owners[form].add(text)
        self._items: defaultdict[str, list[str]] = defaultdict(list)
        for item, text in self._normal.items():
            self._items[text].append(item)

    def compare(self, item: str, got: str) -> TextMatch:
        """Compare what came back in the row of an item of the sheet."""
        sent, came = self._normal[item], normal(got)
        if came == sent:
            return TextMatch.SAME
        owners = self._owners.get(came, set())
        if sent not in owners:
            return TextMatch.OTHER
        return TextMatch.SAME if len(owners) == 1 else TextMatch.AMBIGUOUS

    def find(self, got: str) -> str | None:
        """The only item with this text; None where there is none or several, and for an empty text."""
        owners = self._owners.get(normal(got), set())
        found = [item for text in owners for item in self._items[text]]
        return found[0] if len(found) == 1 and normal(got) else None


def _lossy(text: str) -> Iterable[str]:
    """What a text becomes when it is saved as GBK: `?` for a character that is missing there, or for each half."""
    if text.isascii():
        return
    for replaced in (text, _BEYOND_16_BITS.sub("??", text)):
        yield replaced.encode("gbk", "replace").decode("gbk")
