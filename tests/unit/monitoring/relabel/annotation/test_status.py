from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from monitoring.relabel.annotation.queue import Queue
from monitoring.relabel.annotation.shares import add_shares
from monitoring.relabel.annotation.status import BatchProgress, batch_progress, batch_status
from storage.relabel.batches import BatchStore
from tests.support.predictions import LABELS
from tests.support.sample_batches import head_of, store_answers, write_batch

HEAD = head_of()
BAD, GOOD, _ = LABELS


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    store = BatchStore(tmp_path / "relabel")
    write_batch(store, HEAD, copies=[2, 1, 1, 1])
    return store


def test_progress_of_a_batch(store: BatchStore) -> None:
    queue = Queue(store)
    assert batch_progress(queue, "comment", HEAD.batch) == BatchProgress(3, 3, 0, begun=False)
    store_answers(store, HEAD, "li", {0: BAD, 1: GOOD})
    store_answers(store, HEAD, "wang", {0: GOOD})
    assert batch_progress(queue, "comment", HEAD.batch) == BatchProgress(3, 1, 1, begun=True)


def test_a_file_of_ones_own_is_a_beginning(store: BatchStore) -> None:
    add_shares(store.folder("comment", HEAD.batch), {"li": frozenset({"x"})})
    assert batch_progress(Queue(store), "comment", HEAD.batch).begun


def test_status_counts_golden_rows_apart(store: BatchStore) -> None:
    store_answers(store, HEAD, "li", {0: BAD, 1: GOOD, 3: LABELS[0]})
    store_answers(store, HEAD, "wang", {0: BAD, 3: GOOD})
    found = batch_status(Queue(store), "comment", HEAD.batch)
    assert (found.rows, found.resolved, found.ties) == (3, 2, ())
    assert found.progress == {"li": (3, 4), "wang": (2, 4)}
    assert {name: each.value for name, each in found.golden.items()} == {"li": 1.0, "wang": 0.0}
    assert set(found.cohen) == {("li", "wang")}


def test_what_is_not_defined_is_null_for_programs(store: BatchStore) -> None:
    store_answers(store, HEAD, "li", {0: BAD})
    flat = batch_status(Queue(store), "comment", HEAD.batch).as_dict()
    assert (flat["fleiss"], flat["krippendorff"], flat["cohen"], flat["quality"]) == (None, None, [], {})
    assert flat["progress"] == {"li": {"labelled": 1, "given": 4}}


def test_without_statsmodels_the_rest_remains(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store_answers(store, HEAD, "li", {0: BAD, 1: GOOD})
    store_answers(store, HEAD, "wang", {0: BAD, 1: BAD})
    monkeypatch.setitem(sys.modules, "statsmodels.stats", None)
    found = batch_status(Queue(store), "comment", HEAD.batch)
    assert math.isnan(found.fleiss)
    assert found.krippendorff == pytest.approx(0.0)
