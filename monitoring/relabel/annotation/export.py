"""Batches out to people: the files that they label on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monitoring.relabel.annotation.queue import Queue, QueuedBatch, newest_batch
from monitoring.relabel.annotation.resolve import ADJUDICATOR, resolve
from monitoring.relabel.annotation.shares import add_shares, share, shares_of
from monitoring.relabel.sheets.formats import FORMATS
from monitoring.relabel.sheets.sheet import Lang, Sheet
from storage.errors import InputError
from storage.files.atomic import write_bytes
from storage.relabel.annotations import AnnotationLog


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export.

    Attributes:
        task: The task.
        batch: The batch; None is the newest.
        out: Folder for the files.
        annotators: One file for each; without any, one file for anyone.
        kind: Which files: a name of `sheets.formats.FORMATS`.
        lang: Language of headers; instructions have both.
        suggestions: Show what the model thinks.
        guide: What the owner of the task wants people to know.
        adjudicate: Only the rows on which people tie, for the annotators named, who decide.
    """

    task: str
    batch: str | None
    out: Path
    annotators: tuple[str, ...] = ()
    kind: str = "csv"
    lang: Lang = "zh"
    suggestions: bool = True
    guide: str = ""
    adjudicate: bool = False


def export_batch(queue: Queue, request: ExportRequest) -> list[Path]:
    """Write the sheets of a batch; returns the files, in order. The caller holds the task's lock.

    Raises:
        InputError: There is no batch, or nothing to adjudicate.
        DiskFull: No space left.
        ExtraMissing: xlsx without openpyxl.
    """
    found = queue.batch(request.task, request.batch or newest_batch(queue, request.task))
    folder = queue.folder(request.task, found.batch)
    people = tuple(dict.fromkeys(request.annotators))
    if request.adjudicate:
        people = tuple(f"{ADJUDICATOR}{name}" for name in people or ("1",))
        shares = dict.fromkeys(people, _ties(found, folder))
    elif people:
        golden = frozenset(row for row, item in found.by_row_id().items() if item.golden is not None)
        wanted = {row: item.copies for row, item in found.by_row_id().items()}
        shares = share(wanted, golden, people, shares_of(folder))
    else:
        shares = {"": frozenset(found.by_row_id())}
    files: list[Path] = []
    for person, rows in shares.items():
        sheet = found.sheet(person, rows, guide=request.guide, suggestions=request.suggestions)
        files += _write(sheet, request)
    if people:
        before = shares_of(folder) if request.adjudicate else {}  # ties that came later add to those of before
        add_shares(folder, {name: rows | before.get(name, frozenset()) for name, rows in shares.items()})
    return files


def _ties(found: QueuedBatch, folder: Path) -> frozenset[str]:
    given = AnnotationLog(folder).latest_labels()
    ties = {row for row, each in given.items() if (outcome := resolve(each)) and outcome.label is None}
    rows = frozenset(row for row, item in found.by_row_id().items() if row in ties and item.golden is None)
    if not rows:
        raise InputError(
            f"nobody disagrees on batch {found.batch}",
            expected="rows with as many labels for as against",
            action="import more labels first, see `yeban relabel status`",
        )
    return rows


def _write(sheet: Sheet, request: ExportRequest) -> list[Path]:
    person = sheet.annotator.replace(":", "-").replace("/", "-")
    stem = f"{sheet.task}-{sheet.batch}" + (f"-{person}" if person else "")
    parts = {f"{stem}{ending}": data for ending, data in FORMATS[request.kind](sheet, request.lang).items()}
    for name, data in parts.items():
        write_bytes(request.out / name, data)
    return [request.out / name for name in parts]
