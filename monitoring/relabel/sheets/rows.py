"""A row that came back, checked against what was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitoring.relabel.sheets.annotations import Annotation, Fault, ReadSheet, RowError, SentSheet
from monitoring.relabel.sheets.cells import MAX_CELL, restore, utf16_units
from monitoring.relabel.sheets.ids import IdFault, holds_id, parse_id
from monitoring.relabel.sheets.label_names import LabelNames, is_blank
from monitoring.relabel.sheets.texts import SentTexts, TextMatch, normal

_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A row as it came, whatever kind of file it was in.

    Attributes:
        row: Its number in the file.
        cells: By column; only columns that we know.
        labelled_at: When it was labelled, where the file says so.
        any_annotator: The name is that of another program's user: it need not be one of ours.
    """

    row: int
    cells: Mapping[str, str]
    labelled_at: datetime | None = None
    any_annotator: bool = False


@dataclass(frozen=True, slots=True)
class _Blank:
    """A row without a label yet."""

    item: str
    row: int
    annotator: str


class RowChecker:
    """Checks rows: each gives an annotation, an error, or is still blank.

    Args:
        sent: What was sent.
    """

    def __init__(self, sent: SentSheet) -> None:
        self._sent = sent
        self._items = {each.item: each for each in sent.sheet.items}
        self._texts = SentTexts({each.item: each.text for each in sent.sheet.items})
        self._labels = LabelNames(sent.sheet.labels)
        self._annotators = {normal(name).casefold(): name for name in sent.annotators}

    def check_all(self, rows: Iterable[ReturnedRow], how: str) -> ReadSheet:
        """Check all rows of a file."""
        came = list(rows)
        cells = {row.row: row.cells for row in came}
        errors: list[RowError] = []
        sound: defaultdict[tuple[str, str], list[Annotation | _Blank]] = defaultdict(list)
        for row in came:
            match self._check(row):
                case RowError() as error:
                    errors.append(error)
                case (Annotation() | _Blank()) as good:
                    sound[good.item, good.annotator].append(good)
        annotations: list[Annotation] = []
        blank: list[str] = []
        for same in sound.values():
            kept, repeated = _settle(same)
            if isinstance(kept, Annotation):
                annotations.append(kept)
            elif kept is not None:
                blank.append(kept.item)
            errors += [self._duplicate(each, same, cells[each.row]) for each in repeated]
        annotations.sort(key=lambda annotation: annotation.row)
        errors.sort(key=lambda error: error.row)
        return ReadSheet(tuple(annotations), tuple(errors), tuple(blank), how)

    def _check(self, row: ReturnedRow) -> Annotation | RowError | _Blank | None:
        label = row.cells.get("label", "")
        found = parse_id(row.cells.get("row_id", ""))
        if found is IdFault.MISSING and is_blank(label):
            return None  # an empty line, or a remark below the table
        if isinstance(found, IdFault) or found not in self._items:
            return self._strange_id(row, found)
        if (error := self._damage(row, found)) is not None:
            return error
        annotator = self._annotator(row)
        if annotator is None:
            return self._strange_annotator(row, found)
        if is_blank(label):
            return _Blank(found, row.row, annotator)
        name = self._labels.find(label)
        if name is None:
            return self._error(
                row, Fault.UNKNOWN_LABEL, f"{_short(label)!r}", self._labels.expected(), "write one of these", found
            )
        return Annotation(found, name, row.row, annotator, row.labelled_at)

    def _damage(self, row: ReturnedRow, item: str) -> RowError | None:
        """Whether the row has cells of another one."""
        if any(holds_id(cell) or utf16_units(cell) > MAX_CELL for name, cell in row.cells.items() if name != "row_id"):
            return self._error(
                row, Fault.RUN_TOGETHER, "several rows in one", "a quotation mark at both ends of each cell",
                "label these rows again in a sheet exported anew", item,
            )  # fmt: skip
        text = row.cells.get("text", "")
        match self._texts.compare(item, text):
            case TextMatch.OTHER:
                return self._error(
                    row, Fault.OTHER_TEXT, f"the text {_short(text)!r}", f"{_short(self._items[item].text)!r}",
                    "see which label fits the text that belongs to this id", item,
                )  # fmt: skip
            case TextMatch.AMBIGUOUS:
                return self._error(
                    row, Fault.OTHER_TEXT, f"{_short(text)!r}: characters were lost in saving, several texts fit",
                    f"{_short(self._items[item].text)!r}", "label it here, and save as UTF-8 CSV or xlsx", item,
                )  # fmt: skip
        suggestion = restore(row.cells.get("suggestion", "").strip())
        sent = self._items[item].suggestion or ""
        if not is_blank(suggestion) and normal(suggestion) != normal(sent):
            return self._error(
                row, Fault.CHANGED_SUGGESTION, f"{_short(suggestion)!r} as suggestion", repr(sent),
                "leave suggestions as they are, and write the label into its own column", item,
            )  # fmt: skip
        return None

    def _annotator(self, row: ReturnedRow) -> str | None:
        written = restore(row.cells.get("annotator", "").strip())
        if is_blank(written):
            return self._sent.annotator or (None if self._annotators else "")
        if row.any_annotator or not self._annotators:
            return self._sent.annotator if row.any_annotator and self._sent.annotator else written
        return self._annotators.get(normal(written).casefold())

    def _strange_id(self, row: ReturnedRow, found: str | IdFault) -> RowError:
        written = _short(row.cells.get("row_id", ""))
        item = self._texts.find(row.cells.get("text", ""))
        action = (
            "look whether this is the right row" if item else "take the id from the sheet that was sent, or remove it"
        )
        if found is IdFault.MISSING:
            return self._error(row, Fault.MISSING_ID, "no id", "the id of the row", action, item)
        if isinstance(found, IdFault):
            expected = "an id as it was sent: r and 15 letters or digits"
            return self._error(row, Fault.DAMAGED_ID, f"the id {written!r}", expected, action, item)
        expected = f"an id of batch {self._sent.sheet.batch}"
        return self._error(row, Fault.UNKNOWN_ID, f"the id {written!r}, which is sound", expected, action, item)

    def _strange_annotator(self, row: ReturnedRow, item: str) -> RowError:
        written = _short(row.cells.get("annotator", ""))
        expected = f"one of {', '.join(sorted(self._sent.annotators)) or 'those who got a sheet'}"
        action = "write the name as in the sheet that was sent, or import with --annotator"
        return self._error(row, Fault.UNKNOWN_ANNOTATOR, f"the annotator {written!r}", expected, action, item)

    def _duplicate(
        self, each: Annotation | _Blank, same: list[Annotation | _Blank], cells: Mapping[str, str]
    ) -> RowError:
        rows = ", ".join(str(one.row) for one in same)
        labels = sorted({one.label for one in same if isinstance(one, Annotation)})
        got = f"the id in rows {rows}" + (f" with different labels: {', '.join(labels)}" if len(labels) > 1 else "")
        action = "leave one row with the label that is right" if len(labels) > 1 else "remove this row"
        row = ReturnedRow(each.row, cells)
        return self._error(row, Fault.DUPLICATE, got, "each id once", action, each.item)

    def _error(self, row: ReturnedRow, kind: Fault, got: str, expected: str, action: str, item: str | None) -> RowError:
        label = row.cells.get("label", "")
        return RowError(row.row, kind, got, expected, action, item, label, row.cells)


def _settle(same: list[Annotation | _Blank]) -> tuple[Annotation | _Blank | None, list[Annotation | _Blank]]:
    """Of rows with the same id and annotator the one that counts, and those that are too many.

    None counts where they say different things.
    """
    labelled = [each for each in same if isinstance(each, Annotation)]
    if len({each.label for each in labelled}) > 1:
        return None, same
    kept = (labelled or same)[0]
    return kept, [each for each in same if each is not kept]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
