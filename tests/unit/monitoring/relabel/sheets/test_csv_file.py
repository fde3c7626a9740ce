from __future__ import annotations

import codecs

import pytest

from monitoring.relabel.sheets.csv_file import csv_bytes, read_csv, write_csv, write_instructions
from monitoring.relabel.sheets.grid import Grid
from tests.support.sheets import make_sheet, read_back

GRID = Grid((("编号", "文本"), ("r1", 'a,"b"\n行')))


def test_excel_opens_it_as_it_is_meant() -> None:
    data = csv_bytes(GRID)
    assert data.startswith(codecs.BOM_UTF8)
    assert data[3:].decode() == '"编号","文本"\r\n"r1","a,""b""\n行"\r\n'


@pytest.mark.parametrize(
    ("encoding", "mark", "name"),
    [
        ("utf-8", codecs.BOM_UTF8, "utf-8"),
        ("utf-8", b"", "utf-8"),
        ("gb18030", b"", "gb18030"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16-le"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_the_likeliest_reading_comes_first(encoding: str, mark: bytes, name: str) -> None:
    text = "编号,文本\r\nr1,很好\r\n"
    first = next(read_csv(mark + text.encode(encoding)))
    assert first.rows == (("编号", "文本"), ("r1", "很好"))
    assert first.how == f"CSV in {name}, separated by ,"


def test_other_separators() -> None:
    for separator, name in (("\t", "tab"), (";", ";")):
        first = next(read_csv(f"a{separator}b".encode()))
        assert (first.rows, first.how) == ((("a", "b"),), f"CSV in utf-8, separated by {name}")


def test_a_sheet_and_its_instructions() -> None:
    sheet = make_sheet()
    rows = read_back(write_csv(sheet))
    assert [row[0] for row in rows[1:]] == [item.item for item in sheet.items]
    words = write_instructions(sheet).decode("utf-8-sig")
    assert words.count("\r\n") == words.count("\n")
    assert sheet.guide in words
