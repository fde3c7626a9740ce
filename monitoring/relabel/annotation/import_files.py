"""Files back from people: their labels, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitoring.relabel.annotation.queue import Queue, QueuedBatch, newest_batch
from monitoring.relabel.annotation.shares import shares_of
from monitoring.relabel.sheets.annotations import ReadSheet, SentSheet
from monitoring.relabel.sheets.correction import correction_grid
from monitoring.relabel.sheets.csv_file import csv_bytes
from monitoring.relabel.sheets.read import read_sheet
from monitoring.relabel.sheets.sheet import Lang
from monitoring.relabel.sheets.xlsx_file import xlsx_bytes
from storage.errors import InputError
from storage.files.atomic import write_bytes
from storage.relabel.annotations import AnnotationLog, StoredAnnotation


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file.

    Attributes:
        batch: The batch that it belongs to.
        read: What it held.
        added: Answers that were new or changed; 0 where the file was refused.
        before: Just these annotations had been imported before.
        to_mend: The file for the annotator, where there were errors.
    """

    batch: str
    read: ReadSheet
    added: int
    before: bool
    to_mend: Path | None


def import_file(
    queue: Queue, task: str, file: Path, now: datetime, *, annotator: str = "", batch: str | None = None,
    partial: bool = False, lang: Lang = "zh",
) -> ImportResult:  # fmt: skip
    """Take the labels of a file; the caller holds the task's lock.

    All or nothing: with an error nothing is taken, unless `partial`. The file may be sent any number of times.

    Args:
        queue: Where the batches are.
        task: The task.
        file: CSV, xlsx or an export of Label Studio.
        now: The present moment.
        annotator: Whose it is, where the rows don't say.
        batch: Which batch; None finds it from the ids.
        partial: Take the rows that are right.
        lang: Language of the file to correct.

    Raises:
        InputError: There is no batch, or the file can't be opened.
        DiskFull: No space left; then nothing was taken.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file} can't be opened: {error.strerror}", expected="a file that was exported", action="check the path"
        ) from error
    found, read = _best_batch(queue, task, data, batch, annotator)
    folder = queue.folder(task, found.batch)
    taken = list(read.annotations) if partial or not read.errors else []
    if any(not one.annotator for one in taken):
        raise InputError(
            f"{file} does not say who labelled it",
            expected="a name in the column of annotators, or an option",
            action="yeban relabel import --annotator NAME",
        )
    annotations = [StoredAnnotation(one.item, one.label, one.annotator, one.labelled_at or now) for one in taken]
    added, before = AnnotationLog(folder).add(annotations, now) if annotations else (None, False)
    to_mend = _write_to_mend(file, data, read, found, lang, only_errors=partial) if read.errors else None
    return ImportResult(found.batch, read, len(added.annotations) if added else 0, before, to_mend)


def _best_batch(
    queue: Queue, task: str, data: bytes, batch: str | None, annotator: str
) -> tuple[QueuedBatch, ReadSheet]:
    """The batch that the file belongs to: the one that most of its rows are of, of equals the newest."""
    names: Sequence[str] = [batch] if batch else list(reversed(queue.batches(task))) or [newest_batch(queue, task)]
    best: tuple[QueuedBatch, ReadSheet] | None = None
    for name in names:
        found = queue.batch(task, name)
        people = frozenset(shares_of(queue.folder(task, name))) | ({annotator} if annotator else set())
        read = read_sheet(data, SentSheet(found.sheet(), people, annotator))
        if best is None or _sense(read) > _sense(best[1]):
            best = found, read
        if not read.errors:
            break
    if best is None:
        raise ValueError("no batch was read")
    return best


def _sense(read: ReadSheet) -> int:
    return len(read.annotations) + len(read.blank)


def _write_to_mend(
    file: Path, data: bytes, read: ReadSheet, found: QueuedBatch, lang: Lang, *, only_errors: bool
) -> Path:
    person = next((annotation.annotator for annotation in read.annotations), "")
    sheet = found.sheet(person)
    grid = correction_grid(read, sheet, lang, only_errors=only_errors)
    is_xlsx = data.startswith(b"PK")
    path = file.with_name(f"{file.stem}.errors{'.xlsx' if is_xlsx else '.csv'}")
    write_bytes(path, xlsx_bytes(grid, sheet, lang) if is_xlsx else csv_bytes(grid))
    return path
