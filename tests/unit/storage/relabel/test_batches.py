from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storage.errors import TerminalError
from storage.relabel.batches import HEAD, ITEMS, BatchStore
from tests.support.predictions import NIGHT
from tests.support.sample_batches import head_of, items_of


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    return BatchStore(tmp_path / "relabel")


def test_what_is_read_is_what_was_written(store: BatchStore) -> None:
    head = head_of(task="评论/comment")
    folder = store.write(head, items_of(head))
    assert store.head(head.task, head.batch) == head
    assert store.items(head.task, head.batch).equals(items_of(head))
    assert folder == store.folder(head.task, head.batch)
    assert sorted(file.name for file in folder.iterdir()) == [HEAD, ITEMS]


def test_batches_of_a_task_the_oldest_first(store: BatchStore) -> None:
    heads = [head_of(name, created_at=NIGHT - timedelta(days=day)) for day, name in enumerate(("c", "a", "b"))]
    for head in [*heads, head_of("d", task="weibo")]:
        store.write(head, items_of(head))
    assert [head.batch for head in store.heads("comment")] == ["b", "a", "c"]
    assert store.heads("news") == []


def test_the_same_batch_gives_the_same_bytes(store: BatchStore) -> None:
    head = head_of()
    folder = store.write(head, items_of(head))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    store.write(head, items_of(head))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_pick_that_was_killed_before_the_head_is_no_batch(store: BatchStore) -> None:
    head = head_of()
    (store.write(head, items_of(head)) / HEAD).unlink()
    assert store.heads("comment") == []


@pytest.mark.parametrize("name", [HEAD, ITEMS])
def test_a_damaged_file_is_named(store: BatchStore, name: str) -> None:
    head = head_of()
    file = store.write(head, items_of(head)) / name
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(TerminalError, match=name):
        store.items(head.task, head.batch)


def test_a_batch_that_is_not_there(store: BatchStore) -> None:
    with pytest.raises(TerminalError, match="to do"):
        store.items("comment", "?")


def test_items_with_other_columns_are_refused(store: BatchStore) -> None:
    with pytest.raises(ValueError, match="columns"):
        store.write(head_of(), items_of(head_of()).drop_columns(["text"]))
