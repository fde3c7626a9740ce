"""What a returned file holds: annotations, and what is wrong with the other rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitoring.relabel.sheets.sheet import Sheet


class Fault(StrEnum):
    """What can be wrong with a row, or with a whole file."""

    NOT_A_SHEET = "not a sheet"
    MISSING_ID = "missing id"
    DAMAGED_ID = "damaged id"
    UNKNOWN_ID = "unknown id"
    OTHER_TEXT = "other text"
    UNKNOWN_LABEL = "unknown label"
    CHANGED_SUGGESTION = "changed suggestion"
    UNKNOWN_ANNOTATOR = "unknown annotator"
    SHIFTED = "shifted cells"
    RUN_TOGETHER = "rows run together"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A label that a person gave.

    Attributes:
        item: Row id.
        label: A label of the task.
        row: Row of the file, as spreadsheets count: from 1, the header included. Of Label Studio, the task's place.
        annotator: Who gave it.
        labelled_at: When; None where the file does not say.
    """

    item: str
    label: str
    row: int
    annotator: str
    labelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row gives no annotation.

    Attributes:
        row: As in `Annotation`; 0 for the file as a whole.
        kind: What is wrong.
        got: What stands there.
        expected: What should.
        action: What to do.
        item: The row id, as far as it is known; a damaged one is found by its text.
        label: What was written as label.
        cells: The row as it came, by column.
    """

    row: int
    kind: Fault
    got: str
    expected: str
    action: str
    item: str | None
    label: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SentSheet:
    """What the file is compared with.

    Attributes:
        sheet: All items of the batch, for all annotators, and whether suggestions were shown.
        annotators: Who has sheets of the batch; empty where anyone may label.
        annotator: Whose file it is where the rows don't say; empty where they must.
    """

    sheet: Sheet
    annotators: frozenset[str] = frozenset()
    annotator: str = ""


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A file, read.

    Attributes:
        annotations: Rows with a label, in the order of the file; an item once for each annotator.
        errors: Rows with something wrong.
        blank: Items that stand in the file without a label yet.
        how: How it was read: format, encoding.
    """

    annotations: tuple[Annotation, ...]
    errors: tuple[RowError, ...]
    blank: tuple[str, ...] = ()
    how: str = ""
