from __future__ import annotations

import pytest

from models.pages.localized_text import NO_TEXT, LocalizedText


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (LocalizedText("中", "e"), "中", "e"),
        (LocalizedText("", "e"), "e", "e"),
        (LocalizedText("中", ""), "中", "中"),
        (NO_TEXT, "", ""),
    ],
)
def test_what_is_missing_in_one_language_is_read_in_the_other(text: LocalizedText, zh: str, en: str) -> None:
    assert (text.read("zh"), text.read("en")) == (zh, en)
