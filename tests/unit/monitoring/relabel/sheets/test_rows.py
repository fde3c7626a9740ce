from __future__ import annotations

from monitoring.relabel.sheets.annotations import Fault
from monitoring.relabel.sheets.rows import ReturnedRow, RowChecker
from tests.support.sheets import LABELS, TEXTS, make_sheet, sent_of

SHEET = make_sheet()
FIRST, SECOND = SHEET.items[:2]


def row(number: int, item: str = FIRST.item, text: str = TEXTS[0], label: str = "", who: str = "li") -> ReturnedRow:
    return ReturnedRow(number, {"row_id": item, "text": text, "label": label, "annotator": who})


def check(*rows: ReturnedRow):  # type: ignore[no-untyped-def]
    return RowChecker(sent_of(SHEET)).check_all(rows, "made up")


def test_a_label_a_blank_and_an_empty_line() -> None:
    read = check(row(2, label=LABELS[2]), row(3, SECOND.item, "'=1+1"), ReturnedRow(4, {"row_id": "", "label": " "}))
    (found,) = read.annotations
    assert (found.item, found.label, found.row, found.annotator) == (FIRST.item, LABELS[2], 2, "li")
    assert (read.blank, read.errors, read.how) == ((SECOND.item,), (), "made up")


def test_rows_that_say_the_same_count_once_and_others_not_at_all() -> None:
    same = check(row(2, label="neutral"), row(3, label="neutral"))
    assert ([each.row for each in same.annotations], [error.kind for error in same.errors]) == ([2], [Fault.DUPLICATE])
    differ = check(row(2, label="neutral"), row(3, label="negative"))
    assert differ.annotations == ()
    assert [error.got for error in differ.errors] == [
        "the id in rows 2, 3 with different labels: negative, neutral"
    ] * 2


def test_errors_come_in_the_order_of_the_file() -> None:
    read = check(row(5, label="?"), row(3, "r000", label="neutral"), row(4, text="别的", label="neutral"))
    assert [(error.row, error.kind) for error in read.errors] == [
        (3, Fault.DAMAGED_ID),
        (4, Fault.OTHER_TEXT),
        (5, Fault.UNKNOWN_LABEL),
    ]


def test_an_annotator_without_a_sheet() -> None:
    (error,) = check(row(2, label="neutral", who="zhao")).errors
    assert (error.kind, error.expected) == (Fault.UNKNOWN_ANNOTATOR, "one of li")


def test_two_annotators_may_label_an_item() -> None:
    sent = sent_of(SHEET)
    both = type(sent)(sent.sheet, frozenset({"li", "wang"}))
    rows = [row(2, label="neutral"), row(3, label="negative", who="wang")]
    assert len(RowChecker(both).check_all(rows, "").annotations) == 2
