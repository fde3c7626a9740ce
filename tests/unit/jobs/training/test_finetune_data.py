from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jobs.config.file import Config, Home
from jobs.training.finetune_data import FinetuneData, held_out, queue_lessons, training_source
from models.bundle import Bundle, file_sha256, seal_bundle
from models.manifest import DataRecord, Lineage
from storage.errors import NoInput, TerminalError, TrainingError
from storage.relabel.batches import BatchStore
from tests.support.networks import tiny_bundle
from tests.support.predictions import LABELS, NIGHT
from tests.support.sample_batches import head_of, store_answers, write_batch

BAD, GOOD, NEUTRAL = LABELS
FIRST = head_of()
LATER = head_of("2026-11-30-ffff0000", created_at=NIGHT + timedelta(days=7))
ARMS = ["random", "margin", "margin", "golden"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two batches, the first labelled but for a row."""
    home = Home(tmp_path, Config())
    store = BatchStore(home.relabel)
    write_batch(store, FIRST, arm=ARMS)
    write_batch(store, LATER, arm=ARMS, text=["新的 0", "新的 1", "新的 2", "原文 3"])
    store_answers(store, FIRST, "李", {0: GOOD, 1: BAD, 3: GOOD})
    return home


def champion(home: Home, name: str = "one", parent: str | None = None, records: tuple[DataRecord, ...] = ()) -> Bundle:
    """A registered bundle with a lineage."""
    root = home.bundles / "comment"
    bundle = tiny_bundle(root / name, labels=LABELS)
    manifest = bundle.manifest.model_copy(update={"lineage": Lineage(parent=parent, data=records)})
    sealed = seal_bundle(bundle.path, manifest)
    bundle.path.rename(root / sealed.version)
    return Bundle(root / sealed.version, sealed.manifest)


def texts(lessons: FinetuneData) -> tuple[list[str], list[str]]:
    return lessons.new.texts.to_list(), lessons.earlier.texts.to_list()


def test_the_picked_rows_are_learned_and_the_drawn_and_golden_ones_kept(home: Home) -> None:
    lessons = queue_lessons(home, "comment", champion(home))
    assert texts(lessons) == (["原文 1"], [])
    assert lessons.new.gold.tolist() == [LABELS.index(BAD)]
    assert sorted(lessons.test) == ["原文 0", "原文 3", "原文 3"]
    assert [(each.role, each.name, each.rows) for each in lessons.records] == [("new", f"batch {FIRST.batch}", 1)]


def test_what_the_line_has_learned_is_rehearsed_until_its_labels_change(home: Home) -> None:
    store = BatchStore(home.relabel)
    other = champion(home)
    taught = queue_lessons(home, "comment", other).records
    parent = champion(home, "two", records=taught)
    child = champion(home, "three", parent=parent.version)
    store_answers(store, LATER, "李", {1: NEUTRAL})
    lessons = queue_lessons(home, "comment", child)
    assert texts(lessons) == (["新的 1"], ["原文 1"])
    assert [each.role for each in lessons.records] == ["new", "rehearsal"]
    assert texts(queue_lessons(home, "comment", child, [FIRST.batch])) == (["原文 1"], [])
    store_answers(store, FIRST, "王", {2: GOOD})  # a late label: the batch is another one now
    assert texts(queue_lessons(home, "comment", child)) == (["原文 1", "原文 2", "新的 1"], [])
    # rehearsing what was learned before of it is not learning the late one
    beside = queue_lessons(home, "comment", child, [LATER.batch])
    assert texts(beside)[0] == ["新的 1"]
    grandchild = champion(home, "four", parent=child.version, records=beside.records)
    assert "原文 2" in texts(queue_lessons(home, "comment", grandchild))[0]
    # a bundle of another line has learned none of it
    assert texts(queue_lessons(home, "comment", other)) == (["原文 1", "原文 2", "新的 1"], [])


def test_batches_and_labels_that_are_none(home: Home) -> None:
    parent = champion(home)
    with pytest.raises(TerminalError, match="nosuch"):
        queue_lessons(home, "comment", parent, ["nosuch"])
    store_answers(BatchStore(home.relabel), FIRST, "李", {2: "不知道"})
    with pytest.raises(TrainingError, match="relabel queue: 1 rows have a label"):
        queue_lessons(home, "comment", parent)


def test_a_share_of_the_random_arm_is_held_out_for_ever() -> None:
    many = pl.Series([f"第{row}条" for row in range(4000)])
    drawn, picked = pl.Series(["random"] * 4000), pl.Series(["margin"] * 4000)
    half = held_out(many, drawn, 0.5)
    assert 0.45 < half.mean() < 0.55
    np.testing.assert_array_equal(held_out(many[:10], drawn[:10], 0.5), half[:10])
    assert not (half & ~held_out(many, drawn, 0.8)).any()  # a larger share keeps what a smaller one kept
    assert held_out(many, drawn, 1.0).all()
    assert not held_out(many, drawn, 0.0).any()
    assert not held_out(many, picked, 1.0).any()


def test_the_training_file_is_found_by_its_content(home: Home) -> None:
    (home.root / "data").mkdir()
    file = home.root / "data" / "old.csv"
    file.write_text("text,label\n好,正面\n", "utf-8")
    digest = file_sha256(file)
    record = DataRecord(role="train", name="old.csv where split = 'train'", sha256=digest, rows=1)
    parent = champion(home, records=(record,))
    child = champion(home, "two", parent=parent.version)
    found = training_source(home, "comment", child, "t", "l")
    assert (found.file, found.where, found.text_column) == (str(file), "split = 'train'", "t")
    file.write_text("text,label\n坏,负面\n", "utf-8")
    with pytest.raises(NoInput, match="was trained on old"):
        training_source(home, "comment", child, "t", "l")
    with pytest.raises(NoInput, match="files that it does not name"):
        training_source(home, "comment", champion(home, "three"), "t", "l")
    named = Config.model_validate({"tasks": {"comment": {"training": "mine.parquet"}}})
    assert training_source(Home(home.root, named), "comment", child, "t", "l").file == str(home.root / "mine.parquet")
