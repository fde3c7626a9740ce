"""Files that people and programs spoiled: never a crash, never a label for a row whose id and text don't belong."""

from __future__ import annotations

import csv
import io
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.relabel.sheets.annotations import ReadSheet
from monitoring.relabel.sheets.cells import restore
from monitoring.relabel.sheets.correction import correction_grid
from monitoring.relabel.sheets.csv_file import csv_bytes
from monitoring.relabel.sheets.read import read_sheet
from tests.support.sheets import LABELS, damaged, filled, make_sheet, sent_of

SHEET = make_sheet()
GIVEN = {item.item: LABELS[place % 3] for place, item in enumerate(SHEET.items) if place % 4}
ENCODINGS = ("utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-8")


def test_whole_files_give_every_label() -> None:
    read = read_sheet(csv_bytes(filled(SHEET, GIVEN)), sent_of(SHEET))
    assert not read.errors
    assert {answer.item: answer.label for answer in read.annotations} == GIVEN


@pytest.mark.parametrize("block", range(4))
def test_spoiled_files(block: int) -> None:
    _fuzz(range(100 * block, 100 * (block + 1)))


@pytest.mark.slow
def test_ten_thousand_spoiled_files() -> None:
    _fuzz(range(10_000, 20_000))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from((b"", b"PK\x03\x04", b"[{", b'{"', b"\xff\xfe", b"\xef\xbb\xbf")))
def test_any_bytes(data: bytes, start: bytes) -> None:
    read = read_sheet(start + data, sent_of(SHEET))
    assert not read.annotations
    assert read.errors


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20), max_size=9), max_size=6), st.booleans())
def test_any_cells_below_our_header(rows: list[list[str]], shuffled: bool) -> None:
    header = ["标签", "text", "row_id", "标注人"] if shuffled else ["row_id", "text", "label"]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([header, *rows])
    read = read_sheet(buffer.getvalue().encode("utf-8", "replace"), sent_of(SHEET))
    assert not read.annotations


def _fuzz(seeds: range) -> None:
    outcomes: Counter[str] = Counter()
    sent = sent_of(SHEET)
    for seed in seeds:
        data = damaged(SHEET, GIVEN, random.Random(seed))
        read = read_sheet(data, sent)
        _check(data, read, seed)
        again = csv_bytes(correction_grid(read, SHEET, "en"))
        _check(again, read_sheet(again, sent), seed)
        outcomes["right"] += bool(read.annotations) and not read.errors
        outcomes["partly"] += bool(read.annotations) and bool(read.errors)
        outcomes["refused"] += not read.annotations
        outcomes["answers"] += len(read.annotations)
    # The damage is neither so slight that nothing is tested, nor so heavy that everything is refused.
    assert min(outcomes[kind] for kind in ("right", "partly", "refused")) > len(seeds) // 20, outcomes
    assert outcomes["answers"] > 2 * len(seeds), outcomes


def _check(data: bytes, read: ReadSheet, seed: int) -> None:
    """Every answer stands in a row that holds its id, its text and its label, by another reader than ours."""
    tables = list(_tables(data))
    items = {item.item: item.text for item in SHEET.items}
    for answer in read.annotations:
        rows = [rows[answer.row - 1] for rows in tables if len(rows) >= answer.row]
        assert any(_belongs(row, answer.item, items) for row in rows), (seed, answer, rows)
    assert len({answer.item for answer in read.annotations}) == len(read.annotations), seed


def _belongs(row: list[str], item: str, items: dict[str, str]) -> bool:
    ids = {_plain(cell).lower() for cell in row}
    if item not in {each.replace("o", "0").replace("i", "1").replace("l", "1") for each in ids}:
        return False
    cells = {_plain(restore(cell)) for cell in row} | {_plain(cell) for cell in row}
    if _plain(items[item]) in cells:
        return True
    fitting = [[text for text in items.values() if cell in _lossy(text)] for cell in cells if "?" in cell]
    return [items[item]] in fitting


def _plain(text: str) -> str:
    letters = "".join(char for char in text if unicodedata.category(char)[0] not in "CZ" and not char.isspace())
    return unicodedata.normalize("NFKC", letters.replace("'", ""))


def _lossy(text: str) -> set[str]:
    """A text as GBK leaves it, `?` for each character that is missing there, or for each half of an emoji."""
    halves = re.sub("[\U00010000-\U0010ffff]", "??", text)
    return {
        _plain(each.encode("gbk", "replace").decode("gbk")) for each in (text, halves, _plain(text), _plain(halves))
    }


def _tables(data: bytes) -> Iterator[list[list[str]]]:
    if data.startswith(b"PK"):
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        except Exception:  # noqa: BLE001 (a damaged file: then there are no answers to check)
            return
        for sheet in book.worksheets:
            yield [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        return
    for encoding in ENCODINGS:
        text = data.decode(encoding, "replace").removeprefix("\ufeff")
        for delimiter in ",;\t":
            rows = []
            with suppress(csv.Error):
                rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
            yield rows
