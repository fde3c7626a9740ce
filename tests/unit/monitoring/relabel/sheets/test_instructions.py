from __future__ import annotations

from dataclasses import replace

from monitoring.relabel.sheets.instructions import instruction_lines
from tests.support.sheets import LABELS, make_sheet

SHEET = make_sheet()


def test_both_languages_the_leading_one_first() -> None:
    zh, en = (instruction_lines(SHEET, lang) for lang in ("zh", "en"))  # type: ignore[arg-type]
    assert zh[0].startswith("任务 comment,批次 b1")
    assert en[0].startswith("Task comment, batch b1")
    assert any(line.startswith("Task comment") for line in zh)


def test_labels_guide_and_annotator_are_in_them() -> None:
    lines = instruction_lines(SHEET, "en")
    assert any(all(label in line for label in LABELS) for line in lines)
    assert SHEET.guide in lines
    assert "annotator li" in lines[0]
    assert "annotator" not in instruction_lines(replace(SHEET, annotator=""), "en")[0]


def test_columns_are_called_as_in_the_sheet() -> None:
    assert "“标签”" in "".join(instruction_lines(SHEET, "zh"))
    assert "'label'" in "".join(instruction_lines(SHEET, "en"))
