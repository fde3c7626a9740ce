from __future__ import annotations

import json
from typing import Any

import pytest

from monitoring.relabel.sheets.annotations import Fault
from monitoring.relabel.sheets.csv_file import csv_bytes
from monitoring.relabel.sheets.grid import Grid
from monitoring.relabel.sheets.label_studio import write_tasks
from monitoring.relabel.sheets.read import read_sheet
from tests.support.sheets import LABELS, filled, make_sheet, said, sent_of

SHEET = make_sheet()
GIVEN = {item.item: LABELS[place % 3] for place, item in enumerate(SHEET.items)}
HEADER, *ROWS = filled(SHEET, GIVEN).rows


def faults(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> list[Fault]:
    return [error.kind for error in read_sheet(csv_bytes(Grid((header, *rows))), sent_of(SHEET)).errors]


def changed(row: tuple[str, ...], **cells: str) -> tuple[str, ...]:
    names = dict(
        zip(("编号", "文本", "标签", "模型建议", "标注人"), ("id", "text", "label", "hint", "who"), strict=True)
    )
    return tuple(cells.get(names.get(name, ""), cell) for name, cell in zip(HEADER, row, strict=True))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_columns_in_any_order_and_encoding(encoding: str, lang: Any) -> None:
    grid = filled(SHEET, GIVEN, lang)
    turned = Grid((("我们的清单",), *(("extra", *reversed(row), "x") for row in grid.rows)))
    read = read_sheet(csv_bytes(turned).decode("utf-8-sig").encode(encoding), sent_of(SHEET))
    assert not read.errors
    assert said(read) == GIVEN


@pytest.mark.parametrize("written", ["正面", " 正面 ", "'正面", "2", "2.0", "２"])
def test_ways_to_write_a_label(written: str) -> None:
    read = read_sheet(csv_bytes(Grid((HEADER, changed(ROWS[0], label=written)))), sent_of(SHEET))
    assert [answer.label for answer in read.annotations] == ["正面"]


def test_each_fault_of_a_row() -> None:
    row, other = ROWS[0], ROWS[1]
    assert faults(changed(row, label="ok")) == [Fault.UNKNOWN_LABEL]
    assert faults(changed(row, label="3")) == [Fault.UNKNOWN_LABEL]
    assert faults(changed(row, id="")) == [Fault.MISSING_ID]
    assert faults(changed(row, id="1.2E+15")) == [Fault.DAMAGED_ID]
    assert faults(changed(row, id=make_sheet(batch="b2").items[0].item)) == [Fault.UNKNOWN_ID]
    assert faults(changed(row, text=other[1])) == [Fault.OTHER_TEXT]
    assert faults(changed(row, hint="正面")) == [Fault.CHANGED_SUGGESTION]
    assert faults(changed(row, who="wang")) == [Fault.UNKNOWN_ANNOTATOR]
    assert faults(row, row) == [Fault.DUPLICATE]
    assert faults(row, changed(row, label="正面")) == [Fault.DUPLICATE] * 2
    assert faults(changed(row, label=f'正面"\n"{other[0]}')) == [Fault.RUN_TOGETHER]
    assert faults(row[1:], header=HEADER[1:]) == [Fault.NOT_A_SHEET]
    assert faults((*row, "x"), header=(*HEADER, "label")) == [Fault.NOT_A_SHEET]
    assert faults(row, ("",) * len(row), ("", "合计", "")) == []


def test_emoji_lost_as_gbk_count_where_one_text_fits() -> None:
    data = csv_bytes(filled(SHEET, GIVEN)).decode("utf-8-sig").encode("gbk", "replace")
    read = read_sheet(data, sent_of(SHEET))
    lost = {error.item for error in read.errors}
    twins = {item.item for item in SHEET.items if item.text in ("😀", "😭") or item.text.startswith("太差了")}
    assert lost == twins
    assert said(read) == {item: label for item, label in GIVEN.items() if item not in twins}


def test_hidden_suggestions_are_nowhere() -> None:
    from dataclasses import replace

    hidden = replace(SHEET, suggestions=False)
    assert "predictions" not in json.loads(write_tasks(hidden))[0]
    assert "模型建议" not in filled(hidden, {}).rows[0]
    assert "置信度" not in filled(hidden, {}).rows[0]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"), b"[{", b"a,b\n1,2"])
def test_what_is_no_sheet(data: bytes) -> None:
    (error,) = read_sheet(data, sent_of(SHEET)).errors
    assert error.kind is Fault.NOT_A_SHEET
    assert error.action
