from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.relabel.annotation.export import ExportRequest, export_batch
from monitoring.relabel.annotation.queue import Queue
from monitoring.relabel.annotation.shares import shares_of
from storage.errors import InputError
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


def names(files: list[Path]) -> list[str]:
    return [file.name.removeprefix(f"comment-{HEAD.batch}") for file in files]


@pytest.mark.parametrize(
    ("kind", "ends"),
    [("csv", [".csv", ".instructions.txt"]), ("label-studio", [".json", ".config.xml"])],
)
def test_one_file_for_anyone(store: BatchStore, tmp_path: Path, kind: str, ends: list[str]) -> None:
    request = ExportRequest("comment", None, tmp_path / "out", kind=kind)  # type: ignore[arg-type]
    files = export_batch(Queue(store), request)
    assert names(files) == ends
    assert all("原文 0" in file.read_text("utf-8-sig") for file in files[:1])
    assert shares_of(store.folder("comment", HEAD.batch)) == {}


def test_a_file_for_each_annotator_and_who_got_what(store: BatchStore, tmp_path: Path) -> None:
    files = export_batch(Queue(store), ExportRequest("comment", HEAD.batch, tmp_path, ("li", "a/b:c", "li")))
    assert names(files) == ["-li.csv", "-li.instructions.txt", "-a-b-c.csv", "-a-b-c.instructions.txt"]
    shares = shares_of(store.folder("comment", HEAD.batch))
    assert set(shares) == {"li", "a/b:c"}
    assert len(shares["li"] & shares["a/b:c"]) == 2  # the golden row, and the one that two people label
    assert len(shares["li"] | shares["a/b:c"]) == 4


def test_ties_go_to_an_adjudicator(store: BatchStore, tmp_path: Path) -> None:
    request = ExportRequest("comment", HEAD.batch, tmp_path, ("zhao",), adjudicate=True)
    with pytest.raises(InputError, match="nobody disagrees"):
        export_batch(Queue(store), request)
    store_answers(store, HEAD, "li", {0: BAD, 1: GOOD})
    store_answers(store, HEAD, "wang", {0: GOOD, 1: GOOD})
    files = export_batch(Queue(store), request)
    assert names(files)[0] == "-adjudicator-zhao.csv"
    assert len(files[0].read_text("utf-8-sig").splitlines()) == 2
    assert len(shares_of(store.folder("comment", HEAD.batch))["adjudicator:zhao"]) == 1
