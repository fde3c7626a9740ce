from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.relabel.annotation.queue import Queue, newest_batch
from monitoring.relabel.sheets.ids import row_id
from storage.errors import InputError
from storage.relabel.batches import BatchStore
from tests.support.predictions import LABELS
from tests.support.sample_batches import head_of, write_batch

HEAD = head_of()


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    store = BatchStore(tmp_path / "relabel")
    write_batch(store, HEAD, copies=[2, 1, 1, 1])
    return store


def test_a_batch_with_its_rows(store: BatchStore) -> None:
    found = Queue(store).batch("comment", HEAD.batch)
    assert (found.task, found.labels, len(found.items)) == ("comment", LABELS, 4)
    first, last = found.items[0], found.items[-1]
    assert (first.text, first.suggestion, first.confidence, first.copies) == ("原文 0", LABELS[0], 0.5, 2)
    assert (first.golden, first.probs) == (None, (0.5, 0.25, 0.25))
    assert (last.golden, last.probs) == (LABELS[0], ())


def test_sheets_have_ids_of_batch_and_item(store: BatchStore) -> None:
    found = Queue(store).batch("comment", HEAD.batch)
    ids = [row_id(HEAD.batch, item.key) for item in found.items]
    sheet = found.sheet("li", frozenset(ids[1:3]), guide="读", suggestions=False)
    assert [item.item for item in sheet.items] == ids[1:3]
    assert (sheet.annotator, sheet.guide, sheet.suggestions) == ("li", "读", False)
    assert len(found.sheet().items) == 4


def test_the_newest_batch(store: BatchStore, tmp_path: Path) -> None:
    assert newest_batch(Queue(store), "comment") == HEAD.batch
    with pytest.raises(InputError, match="no batch of comment waits for labels"):
        newest_batch(Queue(BatchStore(tmp_path / "empty")), "comment")
