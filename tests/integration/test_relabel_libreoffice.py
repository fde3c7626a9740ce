"""Sheets through a real spreadsheet: opened and saved by LibreOffice."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.relabel.sheets.csv_file import csv_bytes
from monitoring.relabel.sheets.read import read_sheet
from monitoring.relabel.sheets.xlsx_file import xlsx_bytes
from tests.support.libreoffice import CHARSETS, as_csv, converted, needs_libreoffice
from tests.support.sheets import LABELS, filled, make_sheet, said, sent_of

pytestmark = needs_libreoffice
SHEET = make_sheet()
GIVEN = {item.item: LABELS[place % 3] for place, item in enumerate(SHEET.items)}


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("start", ["csv", "xlsx"])
def test_every_label_comes_back(start: str, charset: str, tmp_path: Path) -> None:
    grid = filled(SHEET, GIVEN)
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / f"sheet.{start}"
    file.write_bytes(csv_bytes(grid) if start == "csv" else xlsx_bytes(grid, SHEET, "zh"))
    read = read_sheet(converted(file, "csv", as_csv(charset), tmp_path).read_bytes(), sent_of(SHEET))
    assert not read.errors
    assert said(read) == GIVEN
    assert charset in read.how


def test_csv_saved_as_xlsx(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "sheet.csv"
    file.write_bytes(csv_bytes(filled(SHEET, GIVEN)))
    read = read_sheet(converted(file, "xlsx", "Calc MS Excel 2007 XML", tmp_path).read_bytes(), sent_of(SHEET))
    assert not read.errors
    assert said(read) == GIVEN
