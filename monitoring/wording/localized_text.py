"""A text in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """A text in both languages."""

    zh: str
    en: str

    def read(self, lang: Language) -> str:
        """The text in one of them."""
        return self.zh if lang == "zh" else self.en
