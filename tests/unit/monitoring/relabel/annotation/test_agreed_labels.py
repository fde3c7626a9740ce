from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitoring.relabel.annotation.agreed_labels import QUEUE_LABELS, golden_texts, newest_labels, queue_labels
from storage.relabel.batches import BatchStore
from tests.support.predictions import LABELS, NIGHT
from tests.support.sample_batches import head_of, store_answers, write_batch

FIRST = head_of()
LATER = head_of("2026-11-30-ffff0000", created_at=NIGHT + timedelta(days=7))
BAD, GOOD, NEUTRAL = LABELS


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    return BatchStore(tmp_path / "relabel")


def test_what_people_agree_on_with_text_arm_and_batch(store: BatchStore) -> None:
    write_batch(store, FIRST, arm=["random", "margin", "margin", "golden"], text_rows=[3, 1, 1, 1])
    store_answers(store, FIRST, "李", {0: GOOD, 1: BAD, 2: GOOD, 3: BAD})
    store_answers(store, FIRST, "王", {0: GOOD, 1: GOOD}, minutes=5)
    labels = queue_labels(store, "comment")
    assert labels.schema == QUEUE_LABELS
    # the second row is a tie, and the golden row is never one to learn from
    assert labels["doc_id"].to_list() == ["doc-0", "doc-2"]
    assert labels.row(0, named=True) == {
        "batch": FIRST.batch, "item": f"{FIRST.batch}-0", "doc_id": "doc-0", "text": "原文 0", "label": GOOD,
        "arm": "random", "slices": [{"key": "city", "value": "上海"}],
    }  # fmt: skip
    store_answers(store, FIRST, "adjudicator:陈", {1: NEUTRAL})
    found = queue_labels(store, "comment").row(1, named=True)
    assert (found["doc_id"], found["label"]) == ("doc-1", NEUTRAL)
    assert golden_texts(store, "comment").to_list() == ["原文 3"]


def test_batches_come_in_order(store: BatchStore) -> None:
    for head in (LATER, FIRST):
        write_batch(store, head)
        store_answers(store, head, "李", {0: GOOD})
    assert queue_labels(store, "comment")["batch"].to_list() == [FIRST.batch, LATER.batch]


def test_a_text_that_was_asked_again_has_its_newest_label_and_stays_drawn(store: BatchStore) -> None:
    write_batch(store, FIRST, arm=["random", "margin", "margin", "golden"])
    write_batch(store, LATER, arm=["suspected_errors"] * 3 + ["golden"], text=["原文0！", "别的", "第三", "原文 3"])
    store_answers(store, FIRST, "李", {0: GOOD, 1: GOOD})
    store_answers(store, LATER, "王", {0: BAD, 1: BAD})
    newest = newest_labels(queue_labels(store, "comment"))
    assert [newest[name].to_list() for name in ("text", "label", "arm")] == [
        ["原文 1", "原文0！", "别的"],
        [GOOD, BAD, BAD],
        ["margin", "random", "suspected_errors"],
    ]


def test_without_batches_there_are_no_labels(store: BatchStore) -> None:
    assert queue_labels(store, "comment").schema == QUEUE_LABELS
    assert newest_labels(queue_labels(store, "comment")).is_empty()
    assert golden_texts(store, "comment").is_empty()
