"""Which label a person meant."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

from monitoring.relabel.sheets.cells import restore

_WHOLE: Final = re.compile(r"(\d{1,4})(\.0+)?")


class LabelNames:
    """The labels of a task, found by name or place, whatever their case, width and blanks.

    Args:
        labels: Names in the order of the model.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels
        shapes = Counter(_shape(label) for label in labels)
        self._by_shape = {_shape(label): label for label in labels if shapes[_shape(label)] == 1}
        # Where a name is a number, a number could mean either: then only names count.
        self._has_places = not any(_WHOLE.fullmatch(_shape(label)) for label in labels)

    def find(self, written: str) -> str | None:
        """The label, None where it is none of them."""
        for text in (written, restore(written)):
            if text in self.labels:
                return text
        shape = _shape(restore(written.strip()))
        if shape in self._by_shape:
            return self._by_shape[shape]
        place = _WHOLE.fullmatch(shape) if self._has_places else None
        if place and int(place[1]) < len(self.labels):
            return self.labels[int(place[1])]
        return None

    def expected(self) -> str:
        """What may be written, in words."""
        if not self._has_places:
            return ", ".join(self.labels)
        return ", ".join(f"{label} ({place})" for place, label in enumerate(self.labels))


def is_blank(written: str) -> bool:
    """Whether nothing was written: blanks and an apostrophe are nothing."""
    return not _shape(written.strip().removeprefix("'"))


def _shape(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
