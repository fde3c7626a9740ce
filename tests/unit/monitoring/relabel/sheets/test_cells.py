from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.relabel.sheets.cells import MAX_CELL, cell_of, neutralise, restore, utf16_units

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "−", "⁼", "₊"]


@pytest.mark.parametrize("start", STARTS)
def test_every_dangerous_start_is_harmless_and_comes_back(start: str) -> None:
    hidden = [] if start.isspace() else [f"  {start}cmd|' /C calc'!A0", f"\u200b{start}x", f'"{start}x']
    for text in (start, f"{start}1+1", f"{start}{start}", *hidden):
        assert neutralise(text).startswith("'")
        assert restore(neutralise(text)) == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＠"])
def test_no_cell_is_a_formula_under_another_separator(start: str, delimiter: str) -> None:
    text = f'好"{delimiter}{start}1+1{delimiter}"{start}2\n{start}3'
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(["r1", neutralise(text)])
    for other in ",;\t":
        for row in csv.reader(io.StringIO(line.getvalue(), newline=""), delimiter=other):
            assert not [cell for cell in row if re.match(r'[\s"]*[=+\-@＝＠]', cell)]
    assert restore(neutralise(text)) == text


@pytest.mark.parametrize(
    "text", ["00123", "1e5", "1/2", "3-4", "3月5日", "5 May", "TRUE", "12345678901234567890", "８"]
)
def test_what_excel_rewrites_is_guarded(text: str) -> None:
    assert neutralise(text) == f"'{text}"


@pytest.mark.parametrize("text", ["物流很快", "好评-1", "买了3件,不错", "a'b", "love it 100"])
def test_other_texts_stay(text: str) -> None:
    assert neutralise(text) == text


@given(st.text(alphabet=st.one_of(st.sampled_from("=+-@＝'\",;\t\r\n 1e中"), st.characters()), max_size=30))
def test_neutralise_is_undone(text: str) -> None:
    assert restore(neutralise(text)) == text


@pytest.mark.parametrize("text", ["长" * 40_000, "=" * 40_000, "😀" * 20_000])
def test_no_cell_is_longer_than_excel_allows(text: str) -> None:
    cell = cell_of(text)
    assert MAX_CELL - 100 < utf16_units(cell) <= MAX_CELL
    assert re.search(r"…\[\+\d+\]$", cell)
    assert cell.encode("utf-16")  # no half of a pair
    assert cell_of("a\x00\x08b\r\nc\rd") == "ab\nc\nd"
