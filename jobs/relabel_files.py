"""Batches out to people, their labels back in, and how far they are."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa

from jobs.relabel_queue import Queue, QueuedBatch
from models.evaluation.record import Figure
from monitoring.relabel.agreement import Votes, cohen_kappa, fleiss_kappa, golden_accuracy, krippendorff_alpha
from monitoring.relabel.annotators import AnnotatorQuality, annotator_quality
from monitoring.relabel.resolve import ADJUDICATOR, Resolved, resolve
from monitoring.relabel.sharing import share
from monitoring.relabel.sheets.answers import ReadSheet, Sent
from monitoring.relabel.sheets.csv_file import csv_bytes, write_csv, write_instructions
from monitoring.relabel.sheets.label_studio import labelling_config, write_tasks
from monitoring.relabel.sheets.mend import mend_grid
from monitoring.relabel.sheets.read import read_sheet
from monitoring.relabel.sheets.sheet import Lang, Sheet
from monitoring.relabel.sheets.xlsx_file import write_xlsx, xlsx_bytes
from storage.answers import AnswerLog, StoredAnswer
from storage.errors import ExtraMissing, InputError, WarehouseLocked
from storage.files import write_bytes, write_json
from storage.labels import LABELS_SCHEMA, add_labels, known_sources
from storage.warehouse import Warehouse

log = logging.getLogger("yeban.relabel")

Format = Literal["csv", "xlsx", "label-studio"]
MAJORITY: Final = "majority"
"""Annotator of the labels that settle a conflict."""
_SHARES: Final = "sheets.json"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export.

    Attributes:
        task: The task.
        batch: The batch; None is the newest.
        out: Folder for the files.
        annotators: One file for each; without any, one file for whoever.
        kind: Which files.
        lang: Language of headers; instructions have both.
        suggestions: Show what the model thinks.
        guide: What the owner of the task wants people to know.
        adjudicate: Only the rows on which people tie, for the annotators named, who decide.
    """

    task: str
    batch: str | None
    out: Path
    annotators: tuple[str, ...] = ()
    kind: Format = "csv"
    lang: Lang = "zh"
    suggestions: bool = True
    guide: str = ""
    adjudicate: bool = False


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of a file.

    Attributes:
        batch: The batch that it belongs to.
        read: What it held.
        added: Answers that were new or changed; 0 where the file was refused.
        before: Just these answers had been imported before.
        to_mend: The file for the annotator, where there were errors.
    """

    batch: str
    read: ReadSheet
    added: int
    before: bool
    to_mend: Path | None


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How far a batch is.

    Attributes:
        batch: Its name.
        rows: Rows to label, without golden ones.
        resolved: Of these, with a label that stands.
        ties: Rows for an adjudicator.
        progress: Labelled and given rows of each annotator; of who was given none, the rows of the batch.
        golden: Share of golden rows that each got right.
        cohen: Kappa of each pair of annotators.
        fleiss: Kappa of all; NaN where it can't be said.
        krippendorff: Alpha of all.
        quality: Of each annotator, by the others and the model; empty without cleanlab or second opinions.
    """

    batch: str
    rows: int
    resolved: int
    ties: tuple[str, ...]
    progress: dict[str, tuple[int, int]]
    golden: dict[str, Figure]
    cohen: dict[tuple[str, str], float]
    fleiss: float
    krippendorff: float
    quality: dict[str, AnnotatorQuality]

    def as_dict(self) -> dict[str, Any]:
        """The status for programs; null for what can't be said."""
        return {
            "batch": self.batch,
            "rows": self.rows,
            "resolved": self.resolved,
            "ties": len(self.ties),
            "progress": {name: {"labelled": done, "given": given} for name, (done, given) in self.progress.items()},
            "golden": {name: [each.value, each.low, each.high] for name, each in self.golden.items()},
            "cohen": [{"pair": list(pair), "kappa": _known(kappa)} for pair, kappa in self.cohen.items()],
            "fleiss": _known(self.fleiss),
            "krippendorff": _known(self.krippendorff),
            "quality": {name: asdict(each) for name, each in self.quality.items()},
        }


def export_batch(queue: Queue, request: ExportRequest) -> list[Path]:
    """Write the sheets of a batch; only who holds the task's lock may. The files, in order.

    Raises:
        InputError: There is no batch, or nothing to adjudicate.
        DiskFull: No space left.
        ExtraMissing: xlsx without openpyxl.
    """
    found = queue.batch(request.task, request.batch or _newest(queue, request.task))
    folder = queue.folder(request.task, found.batch)
    people = tuple(dict.fromkeys(request.annotators))
    if request.adjudicate:
        people = tuple(f"{ADJUDICATOR}{name}" for name in people or ("1",))
        shares = dict.fromkeys(people, _ties(found, folder))
    elif people:
        golden = frozenset(row for row, item in found.by_row_id().items() if item.golden is not None)
        wanted = {row: item.copies for row, item in found.by_row_id().items()}
        shares = share(wanted, golden, people, _shares(folder))
    else:
        shares = {"": frozenset(found.by_row_id())}
    files: list[Path] = []
    for person, rows in shares.items():
        sheet = found.sheet(person, rows, guide=request.guide, suggestions=request.suggestions)
        files += _write(sheet, request)
    if people:
        given = {**_shares(folder), **shares}
        write_json(folder / _SHARES, {name: sorted(rows) for name, rows in given.items()})
    return files


def import_file(
    queue: Queue, task: str, file: Path, now: datetime, *, annotator: str = "", batch: str | None = None,
    partial: bool = False, lang: Lang = "zh",
) -> ImportOutcome:  # fmt: skip
    """Take the labels of a file; only who holds the task's lock may.

    All or nothing: with an error nothing is taken, unless `partial`. The file may be sent any number of times.

    Args:
        queue: Where the batches are.
        task: The task.
        file: CSV, xlsx or an export of Label Studio.
        now: The present moment.
        annotator: Whose it is, where the rows don't say.
        batch: Which batch; None finds it from the ids.
        partial: Take the rows that are right.
        lang: Language of the file to mend.

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
    taken = list(read.answers) if partial or not read.errors else []
    if any(not one.annotator for one in taken):
        raise InputError(
            f"{file} does not say who labelled it",
            expected="a name in the column of annotators, or an option",
            action="yeban relabel import --annotator NAME",
        )
    answers = [StoredAnswer(one.item, one.label, one.annotator, one.labelled_at or now) for one in taken]
    added, before = AnswerLog(folder).add(answers, now) if answers else (None, False)
    to_mend = _write_to_mend(file, data, read, found, lang, only_errors=partial) if read.errors else None
    return ImportOutcome(found.batch, read, len(added.answers) if added else 0, before, to_mend)


def copy_labels(warehouse: Warehouse, queue: Queue, task: str) -> int:
    """Copy imports into the table `labels` that are not there yet; when it is locked, the next run does it.

    Golden rows stay out: their label is known, and nothing is to be trained or measured on them. Where most people say
    something else than the last one, a row of `majority` follows.

    Returns:
        The number of imports copied.

    Raises:
        DiskFull: No space left; what was copied until then stays.
        TerminalError: The warehouse or an import can't be used.
    """
    try:
        copied = 0
        with warehouse.writing() as con:
            known = known_sources(con, task)
        for name in queue.batches(task):
            pending = [(source, rows) for source, rows in _label_rows(queue, task, name) if source not in known]
            for source, rows in pending:
                with warehouse.writing() as con:
                    copied += add_labels(con, source, rows)
    except WarehouseLocked as error:
        log.warning("the labels stay in their files until the next run: %s", error.got)
        return 0
    return copied


def resolved_labels(queue: Queue, task: str, batch: str) -> dict[str, Resolved]:
    """What the rows of a batch are, by row id; golden rows and rows without labels are left out."""
    found = queue.batch(task, batch)
    said = AnswerLog(queue.folder(task, batch)).said()
    rows = {row: resolve(said.get(row, {})) for row, item in found.by_row_id().items() if item.golden is None}
    return {row: each for row, each in rows.items() if each is not None}


def batch_status(queue: Queue, task: str, batch: str) -> BatchStatus:
    """How far a batch is, and how well people agree.

    Raises:
        TerminalError: The batch or an import can't be read.
    """
    found = queue.batch(task, batch)
    folder = queue.folder(task, batch)
    items, said, given = found.by_row_id(), AnswerLog(folder).said(), _shares(folder)
    resolved = resolved_labels(queue, task, batch)
    people = sorted({*given, *(name for each in said.values() for name in each)})
    votes = {
        row: {name: label for name, label in each.items() if not name.startswith(ADJUDICATOR)}
        for row, each in said.items()
    }
    known = {row: item.golden for row, item in items.items() if item.golden is not None}
    return BatchStatus(
        batch=batch,
        rows=len(items) - len(known),
        resolved=sum(each.label is not None for each in resolved.values()),
        ties=tuple(row for row, each in resolved.items() if each.label is None),
        progress={name: (sum(name in each for each in said.values()), len(given.get(name, items))) for name in people},
        golden=golden_accuracy(votes, known),
        cohen=cohen_kappa(votes),
        fleiss=fleiss_kappa(votes),
        krippendorff=krippendorff_alpha(votes),
        quality=_quality(votes, found),
    )


def _quality(votes: Votes, found: QueuedBatch) -> dict[str, AnnotatorQuality]:
    probs = {row: item.probs for row, item in found.by_row_id().items()}
    try:
        return annotator_quality(votes, probs, found.labels)
    except ExtraMissing as error:
        log.warning("%s", error.got)
        return {}


def _newest(queue: Queue, task: str) -> str:
    names = queue.batches(task)
    if not names:
        raise InputError(
            f"no batch of {task} waits for labels", expected="a batch in the queue", action=f"yeban relabel pick {task}"
        )
    return names[-1]


def _ties(found: QueuedBatch, folder: Path) -> frozenset[str]:
    said = AnswerLog(folder).said()
    ties = {row for row, each in said.items() if (outcome := resolve(each)) and outcome.label is None}
    rows = frozenset(row for row, item in found.by_row_id().items() if row in ties and item.golden is None)
    if not rows:
        raise InputError(
            f"nobody disagrees on batch {found.batch}",
            expected="rows with as many labels for as against",
            action="import more labels first, see `yeban relabel status`",
        )
    return rows


def _shares(folder: Path) -> dict[str, frozenset[str]]:
    try:
        return {name: frozenset(rows) for name, rows in json.loads((folder / _SHARES).read_bytes()).items()}
    except FileNotFoundError:
        return {}


def _write(sheet: Sheet, request: ExportRequest) -> list[Path]:
    person = sheet.annotator.replace(":", "-").replace("/", "-")
    stem = f"{sheet.task}-{sheet.batch}" + (f"-{person}" if person else "")
    match request.kind:
        case "csv":
            parts = {
                f"{stem}.csv": write_csv(sheet, request.lang),
                f"{stem}.instructions.txt": write_instructions(sheet, request.lang),
            }
        case "xlsx":
            parts = {f"{stem}.xlsx": write_xlsx(sheet, request.lang)}
        case "label-studio":
            parts = {f"{stem}.json": write_tasks(sheet), f"{stem}.config.xml": labelling_config(sheet).encode()}
    for name, data in parts.items():
        write_bytes(request.out / name, data)
    return [request.out / name for name in parts]


def _best_batch(
    queue: Queue, task: str, data: bytes, batch: str | None, annotator: str
) -> tuple[QueuedBatch, ReadSheet]:
    """The batch that the file belongs to: the one that most of its rows are of, of equals the newest."""
    names: Sequence[str] = [batch] if batch else list(reversed(queue.batches(task))) or [_newest(queue, task)]
    best: tuple[QueuedBatch, ReadSheet] | None = None
    for name in names:
        found = queue.batch(task, name)
        people = frozenset(_shares(queue.folder(task, name))) | ({annotator} if annotator else set())
        read = read_sheet(data, Sent(found.sheet(), people, annotator))
        if best is None or _sense(read) > _sense(best[1]):
            best = found, read
        if not read.errors:
            break
    if best is None:
        raise ValueError("no batch was read")
    return best


def _sense(read: ReadSheet) -> int:
    return len(read.answers) + len(read.blank)


def _write_to_mend(
    file: Path, data: bytes, read: ReadSheet, found: QueuedBatch, lang: Lang, *, only_errors: bool
) -> Path:
    person = next((answer.annotator for answer in read.answers), "")
    sheet = found.sheet(person)
    grid = mend_grid(read, sheet, lang, only_errors=only_errors)
    is_xlsx = data.startswith(b"PK")
    path = file.with_name(f"{file.stem}.errors{'.xlsx' if is_xlsx else '.csv'}")
    write_bytes(path, xlsx_bytes(grid, sheet, lang) if is_xlsx else csv_bytes(grid))
    return path


def _label_rows(queue: Queue, task: str, batch: str) -> list[tuple[str, pa.Table]]:
    """The rows for the warehouse of each import of a batch, with their source."""
    items = queue.batch(task, batch).by_row_id()
    said: dict[str, dict[str, str]] = {}
    tables = []
    for each in AnswerLog(queue.folder(task, batch)).imports():
        source = f"relabel {batch} {each.name}"
        rows, last = [], {}
        for answer in each.answers:
            said.setdefault(answer.item, {})[answer.annotator] = answer.label
            item = items.get(answer.item)
            if item is None or item.golden is not None:
                continue
            row = {
                "task": task, "doc_id": item.doc_id, "label": answer.label, "annotator": answer.annotator,
                "source": source, "labelled_at": answer.labelled_at, "imported_at": each.imported_at, "arm": item.arm,
            }  # fmt: skip
            rows.append(row)
            last[answer.item] = row
        for name, row in last.items():
            outcome = resolve(said[name])
            if outcome and outcome.label and outcome.label != row["label"]:
                rows.append({**row, "label": outcome.label, "annotator": MAJORITY, "labelled_at": _after(row)})
        tables.append((source, pa.Table.from_pylist(rows, LABELS_SCHEMA)))
    return tables


def _after(row: dict[str, Any]) -> datetime:
    """Just after a label was given and imported, so that what follows it is the newest."""
    moment: datetime = max(row["labelled_at"], row["imported_at"])
    return moment + timedelta(microseconds=1)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
