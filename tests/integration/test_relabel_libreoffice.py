"""Sheets through a real spreadsheet: opened and saved by LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from monitoring.relabel.sheets.csv_file import csv_bytes
from monitoring.relabel.sheets.read import read_sheet
from monitoring.relabel.sheets.xlsx_file import xlsx_bytes
from tests.support.sheets import LABELS, filled, make_sheet, said, sent_of

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
SHEET = make_sheet()
GIVEN = {item.item: LABELS[place % 3] for place, item in enumerate(SHEET.items)}


def converted(file: Path, kind: str, options: str, out: Path, *, reading: str | None = None) -> bytes:
    """What LibreOffice makes of a file."""
    assert SOFFICE is not None
    command = [SOFFICE, f"-env:UserInstallation=file://{out / 'profile'}", "--headless", "--norestore"]
    command += [f"--infilter=CSV:{reading}"] if reading else []
    command += ["--convert-to", f"{kind}:{options}" if options else kind, "--outdir", str(out), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return (out / file.with_suffix(f".{kind}").name).read_bytes()


@pytest.mark.parametrize("charset", ["76", "85"], ids=["utf-8", "gb18030"])
@pytest.mark.parametrize("start", ["csv", "xlsx"])
def test_every_label_comes_back(start: str, charset: str, tmp_path: Path) -> None:
    grid = filled(SHEET, GIVEN)
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / f"sheet.{start}"
    file.write_bytes(csv_bytes(grid) if start == "csv" else xlsx_bytes(grid, SHEET, "zh"))
    reading = "44,34,76,1,,0,false,true" if start == "csv" else None
    options = f"Text - txt - csv (StarCalc):44,34,{charset},1,,0,false,true,false"
    saved = converted(file, "csv", options, tmp_path, reading=reading)
    read = read_sheet(saved, sent_of(SHEET))
    assert not read.errors
    assert said(read) == GIVEN
    assert ("gb18030" if charset == "85" else "utf-8") in read.how


def test_csv_saved_as_xlsx(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "sheet.csv"
    file.write_bytes(csv_bytes(filled(SHEET, GIVEN)))
    saved = converted(file, "xlsx", "Calc MS Excel 2007 XML", tmp_path, reading="44,34,76,1,,0,false,true")
    read = read_sheet(saved, sent_of(SHEET))
    assert not read.errors
    assert said(read) == GIVEN
