"""A text in both languages of the product, and which one to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """A text in both languages; one that exists in a single language leaves the other empty.

    Attributes:
        zh: The text in Chinese.
        en: The text in English.
    """

    zh: str
    en: str

    def read(self, lang: Language) -> str:
        """The text in one language, or in the other where that one is missing."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)


NO_TEXT: Final = LocalizedText("", "")
"""Nothing to read."""
