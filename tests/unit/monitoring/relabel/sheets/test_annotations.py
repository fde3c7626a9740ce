"""What a returned file holds: names that people read in it, and records that stay as they are."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from monitoring.relabel.sheets.annotations import Annotation, Fault, ReadSheet, RowError
from monitoring.relabel.sheets.correction import problem_of


def error(row: int, kind: Fault) -> RowError:
    return RowError(row, kind, "'goood'", "a label of the task", "write it again", "item-1", "goood", {})


def test_a_fault_is_told_by_its_words() -> None:
    assert problem_of(error(7, Fault.UNKNOWN_LABEL)).startswith("row 7: unknown label: 'goood'; expected a label")
    assert problem_of(error(0, Fault.NOT_A_SHEET)).startswith("not a sheet: ")


def test_faults_are_told_apart_and_their_words_are_those_of_earlier_files() -> None:
    assert {each.value for each in Fault} == {
        "not a sheet",
        "missing id",
        "damaged id",
        "unknown id",
        "other text",
        "unknown label",
        "changed suggestion",
        "unknown annotator",
        "shifted cells",
        "rows run together",
        "duplicate",
    }


def test_what_was_read_is_equal_by_content_and_never_changed() -> None:
    one, two = (ReadSheet((Annotation("a", "good", 2, "li"),), (error(3, Fault.DUPLICATE),)) for _ in range(2))
    assert one == two
    with pytest.raises(FrozenInstanceError):
        one.annotations[0].label = "bad"  # type: ignore[misc]
