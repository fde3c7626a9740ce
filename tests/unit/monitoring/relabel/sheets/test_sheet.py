from __future__ import annotations

import pytest

from monitoring.relabel.sheets.sheet import COLUMNS, Sheet, SheetItem, header_of


def test_headers_differ_within_a_language() -> None:
    for lang in ("zh", "en"):
        assert len({header_of(column, lang) for column in COLUMNS}) == len(COLUMNS)  # type: ignore[arg-type]
    assert (header_of("label", "zh"), header_of("label", "en")) == ("标签", "label")


def test_a_label_stands_between_the_text_and_an_empty_note() -> None:
    names = list(COLUMNS)
    assert names[names.index("label") - 1 : names.index("label") + 2] == ["text", "label", "note"]


def test_an_item_is_in_a_sheet_once() -> None:
    item = SheetItem("r1", "文本")
    with pytest.raises(ValueError, match="an item is in it twice"):
        Sheet("b", "comment", ("x",), "", "", (item, item))
