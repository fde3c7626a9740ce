"""What the effect of labels is measured with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.relabel.learning_curve_labels import read_labels
from monitoring.relabel.sheets.ids import row_id
from storage.errors import TerminalError
from storage.relabel.annotations import AnnotationLog, StoredAnnotation
from storage.relabel.batches import BatchHead, BatchStore
from tests.support.predictions import LABELS, NIGHT
from tests.support.sample_batches import head_of, items_of

FIRST = head_of("2026-11-01-aaaa0000")
LATER = head_of("2026-11-30-ffff0000", created_at=NIGHT + timedelta(days=7))
BAD, GOOD, NEUTRAL = LABELS


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    return BatchStore(tmp_path / "relabel")


def written(store: BatchStore, head: BatchHead, labels: Mapping[int, str], **columns: list[Any]) -> None:
    """A batch of four items, the last of them golden, and one person's labels."""
    items = items_of(head, 4)
    for name, values in columns.items():
        place = items.schema.get_field_index(name)
        items = items.set_column(place, items.schema.field(place), pa.array(values, items.schema.field(place).type))
    store.write(head, items)
    said = [
        StoredAnnotation(row_id(head.batch, f"{head.batch}-{row}"), label, "李", NIGHT) for row, label in labels.items()
    ]
    AnnotationLog(store.folder(head.task, head.batch)).add(said, NIGHT)


def test_a_text_counts_once_in_its_first_batch_with_its_newest_label(store: BatchStore) -> None:
    written(store, FIRST, {0: GOOD, 1: BAD, 3: BAD}, arm=["random", "margin", "margin", "golden"])
    texts = ["原文0！", "别的", "第三", "原文 3"]
    written(store, LATER, {0: BAD, 1: GOOD}, arm=["suspected_errors", "random", "margin", "golden"], text=texts)
    labels, batches = read_labels(store, "comment", LABELS)
    assert batches == (FIRST.batch, LATER.batch)
    found = dict(
        zip(
            labels.texts,
            zip(labels.gold.tolist(), labels.batch.tolist(), labels.random.tolist(), strict=True),
            strict=True,
        )
    )
    place = {label: number for number, label in enumerate(LABELS)}
    # what was drawn at random stays so, though its label was doubted later; golden rows are none to learn from
    assert found == {
        "原文 1": (place[BAD], 0, False),
        "原文0！": (place[BAD], 0, True),
        "别的": (place[GOOD], 1, True),
    }
    assert len(set(labels.keys.tolist())) == 3


def test_labels_that_the_bundle_has_no_class_for_are_left_out(store: BatchStore) -> None:
    written(store, FIRST, {0: NEUTRAL, 1: NEUTRAL})
    written(store, LATER, {0: GOOD, 1: NEUTRAL}, text=["新的", "原文 1", "第三", "原文 3"])
    labels, batches = read_labels(store, "comment", (BAD, GOOD))
    assert labels.texts.to_list() == ["新的"]
    assert batches == (LATER.batch,)
    assert labels.batch.tolist() == [0]
    assert labels.gold.tolist() == [1]


def test_without_labels_one_is_told_what_to_do(store: BatchStore) -> None:
    with pytest.raises(TerminalError, match="no label of comment stands yet"):
        read_labels(store, "comment", LABELS)
    written(store, FIRST, {3: GOOD})
    with pytest.raises(TerminalError, match="no label"):
        read_labels(store, "comment", LABELS)
