from __future__ import annotations

import io

import openpyxl
import pytest

from monitoring.relabel.sheets import xlsx_file
from monitoring.relabel.sheets.read import read_sheet
from monitoring.relabel.sheets.xlsx_file import read_xlsx, write_xlsx, xlsx_bytes
from storage.errors import UnreadableFile
from tests.support.sheets import LABELS, filled, make_sheet, said, sent_of

SHEET = make_sheet()
GIVEN = {item.item: LABELS[place % 3] for place, item in enumerate(SHEET.items)}
HEADER, *ROWS = filled(SHEET, GIVEN).rows


def test_a_workbook_offers_labels_and_runs_nothing() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(SHEET)))
    rows = book.worksheets[0]
    assert rows.freeze_panes == "A2"
    assert {cell.data_type for row in rows.iter_rows() for cell in row} <= {"s", "n"}
    (offer,) = rows.data_validations.dataValidation
    assert (offer.formula1, str(offer.sqref)) == ("'标签'!$A$1:$A$3", f"C2:C{len(SHEET.items) + 1}")
    assert [row[0].value for row in book["标签"].iter_rows()] == list(LABELS)
    read = read_sheet(xlsx_bytes(filled(SHEET, GIVEN), SHEET, "zh"), sent_of(SHEET))
    assert (said(read), read.errors) == (GIVEN, ())


def test_what_is_no_workbook() -> None:
    for data in (b"PK\x03\x04 no zip", b"", write_xlsx(SHEET)[:200]):
        with pytest.raises(UnreadableFile, match="can't be read as xlsx"):
            list(read_xlsx(data))


def test_a_workbook_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "MAX_UNPACKED", 10)
    with pytest.raises(UnreadableFile, match="more than 10"):
        list(read_xlsx(write_xlsx(SHEET)))
