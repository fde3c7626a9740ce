from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.relabel.annotation.export import ExportRequest, export_batch
from monitoring.relabel.annotation.import_files import import_file
from monitoring.relabel.annotation.queue import Queue
from monitoring.relabel.annotation.status import batch_status
from monitoring.relabel.sheets.csv_file import csv_bytes
from monitoring.relabel.sheets.sheet import Sheet
from storage.errors import InputError
from storage.relabel.annotations import AnnotationLog
from storage.relabel.batches import BatchHead, BatchStore
from tests.support.predictions import LABELS, NIGHT
from tests.support.sample_batches import head_of, write_batch
from tests.support.sheets import filled

FIRST, LATER = head_of(), head_of("2026-11-30-ffff0000")
BAD, GOOD, _ = LABELS


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    store = BatchStore(tmp_path / "relabel")
    for head in (FIRST, LATER):
        write_batch(store, head, copies=[2, 1, 1, 1])
    return Queue(store)


def sheet_of(queue: Queue, head: BatchHead, who: str = "li") -> Sheet:
    return queue.batch("comment", head.batch).sheet(who)


def sent_back(queue: Queue, tmp_path: Path, head: BatchHead, *labels: str, who: str = "li") -> Path:
    """A file of a batch with labels for its first rows."""
    sheet = sheet_of(queue, head, who)
    given = dict(zip((each.item for each in sheet.items), labels, strict=False))
    file = tmp_path / f"{head.batch}-{who}.csv"
    file.write_bytes(csv_bytes(filled(sheet, given)))
    return file


def said(queue: Queue, head: BatchHead) -> int:
    return sum(len(each) for each in AnnotationLog(queue.folder("comment", head.batch)).said().values())


def test_the_batch_is_found_by_its_rows(queue: Queue, tmp_path: Path) -> None:
    outcome = import_file(queue, "comment", sent_back(queue, tmp_path, FIRST, BAD, GOOD), NIGHT)
    assert (outcome.batch, outcome.added, outcome.before, outcome.to_mend) == (FIRST.batch, 2, False, None)
    assert (said(queue, FIRST), said(queue, LATER)) == (2, 0)
    with pytest.raises(InputError, match="can't be opened"):
        import_file(queue, "comment", tmp_path / "nowhere.csv", NIGHT)


def test_all_or_nothing_unless_it_may_be_a_part(queue: Queue, tmp_path: Path) -> None:
    file = sent_back(queue, tmp_path, FIRST, BAD, "不知道", GOOD)
    refused = import_file(queue, "comment", file, NIGHT)
    assert (refused.added, said(queue, FIRST), len(refused.read.errors)) == (0, 0, 1)
    assert refused.to_mend == file.with_name(f"{file.stem}.errors.csv")
    taken = import_file(queue, "comment", file, NIGHT, partial=True)
    assert (taken.added, said(queue, FIRST)) == (2, 2)
    assert taken.to_mend is not None
    assert len(taken.to_mend.read_text("utf-8-sig").splitlines()) == 2  # the header and the row to mend


def test_somebody_must_have_labelled_it(queue: Queue, tmp_path: Path) -> None:
    file = sent_back(queue, tmp_path, FIRST, BAD, who="")
    with pytest.raises(InputError, match="does not say who"):
        import_file(queue, "comment", file, NIGHT)
    assert said(queue, FIRST) == 0
    assert import_file(queue, "comment", file, NIGHT, annotator="wang").added == 1


def test_out_and_how_far_it_is(queue: Queue, tmp_path: Path) -> None:
    out = export_batch(queue, ExportRequest("comment", None, tmp_path / "out", ("li", "wang")))
    assert sorted(each.name for each in out) == sorted(
        f"comment-{LATER.batch}-{who}.{kind}" for who in ("li", "wang") for kind in ("csv", "instructions.txt")
    )
    for who, label in (("li", GOOD), ("wang", BAD)):
        import_file(queue, "comment", sent_back(queue, tmp_path, LATER, label, who=who), NIGHT)
    status = batch_status(queue, "comment", LATER.batch)
    assert (status.rows, status.resolved, len(status.ties)) == (3, 0, 1)
    # the first row is for both, the golden one is for all, the other two are shared out
    assert status.progress == {"li": (1, 3), "wang": (1, 3)}
    with pytest.raises(InputError, match="nobody disagrees"):
        export_batch(queue, ExportRequest("comment", FIRST.batch, tmp_path / "out", adjudicate=True))
    decide = export_batch(queue, ExportRequest("comment", None, tmp_path / "out", ("chen",), adjudicate=True))
    assert decide[0].name == f"comment-{LATER.batch}-adjudicator-chen.csv"
    assert len(decide[0].read_text("utf-8-sig").splitlines()) == 2


def test_no_batch_is_told(tmp_path: Path) -> None:
    empty = Queue(BatchStore(tmp_path / "relabel"))
    with pytest.raises(InputError, match="no batch of comment"):
        export_batch(empty, ExportRequest("comment", None, tmp_path))
