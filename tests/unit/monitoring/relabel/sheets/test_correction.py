from __future__ import annotations

from monitoring.relabel.sheets.annotations import Annotation, Fault, ReadSheet, RowError
from monitoring.relabel.sheets.correction import correction_grid, problem_of
from monitoring.relabel.sheets.csv_file import csv_bytes
from monitoring.relabel.sheets.read import read_sheet
from tests.support.sheets import LABELS, make_sheet, said, sent_of

SHEET = make_sheet(("第一条", "=1+1", "第三条"))
ONE, TWO, THREE = (each.item for each in SHEET.items)


def fault(kind: Fault, item: str | None, label: str = "", **cells: str) -> RowError:
    return RowError(7, kind, "got", "expected", "action", item, label, cells)


def mended(read: ReadSheet, *, only_errors: bool = False) -> list[dict[str, str]]:
    header, *rows = correction_grid(read, SHEET, "en", only_errors=only_errors).rows
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_errors_come_first_with_the_text_that_was_sent_and_their_label() -> None:
    read = ReadSheet(
        (Annotation(ONE, LABELS[0], 2, "li"),), (fault(Fault.UNKNOWN_LABEL, TWO, "好像不错", annotator="wang"),)
    )
    first, second = mended(read)
    assert (first["row_id"], first["text"], first["label"]) == (TWO, "'=1+1", "好像不错")
    assert first["annotator"] == "wang"
    assert first["problem"] == "row 7: unknown label: got; expected expected; to do: action"
    assert (second["row_id"], second["label"], second["annotator"], second["problem"]) == (ONE, LABELS[0], "li", "")
    assert [row["row_id"] for row in mended(read, only_errors=True)] == [TWO]


def test_a_label_that_may_be_meant_for_another_row_is_written_again() -> None:
    for kind in (Fault.OTHER_TEXT, Fault.DUPLICATE, Fault.RUN_TOGETHER, Fault.CHANGED_SUGGESTION):
        (row,) = mended(ReadSheet((), (fault(kind, TWO, "negative"),)))
        assert row["label"] == ""
        assert row["problem"].endswith("the label was 'negative'")


def test_an_item_with_two_errors_is_one_row_and_none_of_its_answers_stays() -> None:
    read = ReadSheet(
        (Annotation(ONE, LABELS[0], 2, "li"), Annotation(THREE, LABELS[1], 4, "li")),
        (fault(Fault.DUPLICATE, ONE), fault(Fault.DUPLICATE, ONE)),
    )
    assert [row["row_id"] for row in mended(read)] == [ONE, THREE]


def test_a_row_of_no_known_item_stays_as_it_came_and_harmless() -> None:
    (row,) = mended(ReadSheet((), (fault(Fault.DAMAGED_ID, None, "", row_id="第七行", text="=cmd"),)))
    assert (row["row_id"], row["text"]) == ("第七行", "'=cmd")
    assert problem_of(fault(Fault.DAMAGED_ID, None)) in row["problem"]


def test_what_is_mended_reads_without_errors() -> None:
    read = ReadSheet((Annotation(ONE, LABELS[0], 2, "li"),), (fault(Fault.UNKNOWN_LABEL, TWO, LABELS[2]),))
    again = read_sheet(csv_bytes(correction_grid(read, SHEET, "zh")), sent_of(SHEET))
    assert not again.errors
    assert said(again) == {TWO: LABELS[2], ONE: LABELS[0]}


def test_a_file_as_a_whole_has_no_row() -> None:
    assert problem_of(RowError(0, Fault.NOT_A_SHEET, "a", "b", "c", None, "", {})).startswith("not a sheet: a")
