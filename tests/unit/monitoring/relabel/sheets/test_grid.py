from __future__ import annotations

from dataclasses import replace

from monitoring.relabel.sheets.grid import cells_of, columns_of, grid_of
from monitoring.relabel.sheets.sheet import Sheet, SheetItem

FULL = SheetItem("r1", "=1+1", "好", 0.98765, ("一段", "二段"), "看清楚")
SHEET = Sheet("b", "comment", ("好", "差"), "", "li", (FULL, SheetItem("r2", "文本")))


def test_the_cells_of_a_row() -> None:
    assert cells_of(SHEET, FULL) == {
        "row_id": "r1",
        "text": "'=1+1",
        "label": "",
        "note": "看清楚",
        "suggestion": "好",
        "confidence": "0.988",
        "windows": "一段\n……\n二段",
        "annotator": "li",
        "problem": "",
    }


def test_columns_without_content_are_left_out() -> None:
    always = ("row_id", "text", "label", "note")
    assert columns_of(SHEET) == (*always, "suggestion", "confidence", "windows", "annotator")
    assert columns_of(replace(SHEET, suggestions=False)) == (*always, "annotator")
    bare = replace(SHEET, annotator="", items=SHEET.items[1:])
    assert columns_of(bare) == always
    assert columns_of(bare, problems=True) == (*always, "problem")


def test_the_header_has_the_language() -> None:
    rows = grid_of(SHEET, "zh").rows
    assert rows[0][:3] == ("编号", "文本", "标签")
    assert grid_of(SHEET, "en").rows[0][:3] == ("row_id", "text", "label")
    assert [row[0] for row in rows[1:]] == ["r1", "r2"]
