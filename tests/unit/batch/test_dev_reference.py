"""The reference of dev rows."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.dev_reference import add_reference, dev_reference
from batch.engine.settings import EngineSettings
from batch.executors.local import LocalExecutor
from batch.executors.protocol import ScoringWork
from batch.input.columns import ColumnMapping
from batch.input.dump import plan_dump
from batch.input.sources import find_sources
from batch.input.units import UnitSize
from batch.scorer import Scorer
from models.bundle import Bundle, open_bundle
from models.training.data import LabelledRows
from models.training.fit import train
from storage.lake.journal.slot_journal import SlotJournal
from storage.profiles.references import DevOrigin, Reference
from storage.records import Slot
from tests.support.training import recipe, rows

TRAIN = rows(64, seed=1)
TEXTS = [*rows(36, seed=2).texts.to_list(), "", "好", None, "好快好快"]
DEV = LabelledRows(pl.Series("text", TEXTS), np.arange(40) % 2)
CPU = EngineSettings("cpu", "fp32")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle without a reference."""
    return train(recipe(), TRAIN, DEV, tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def bundle(plain: Bundle, tmp_path: Path) -> Bundle:
    """The same in a folder of its own."""
    return open_bundle(Path(shutil.copytree(plain.path, tmp_path / "bundle")))


def a_night(bundle: Bundle, home: Path) -> tuple[SlotJournal, Slot]:
    """Score the dev rows as a dump."""
    pq.write_table(pa.table({"text": pa.array(TEXTS, pa.string())}), home / "dev.parquet")
    slot = Slot("t", date.min, bundle.version)
    sources, _ = find_sources(["dev.parquet"], slot.logical_date, home)
    dump = plan_dump(sources, slot, ColumnMapping("text"), UnitSize())
    journal = SlotJournal(home / "parts", home / "retired")
    work = ScoringWork(dump, dump.plan.units, journal.parts, ColumnMapping("text"), "UTC")
    LocalExecutor(Scorer(bundle, CPU)).run(work, lambda _: None)
    journal.adopt(dump.plan, list)
    return journal, slot


def test_is_what_a_night_leaves_of_the_same_rows(bundle: Bundle, tmp_path: Path) -> None:
    reference = dev_reference(Scorer(bundle, CPU), DEV, texts=True)
    journal, slot = a_night(bundle, tmp_path)
    store, plan = journal.parts, journal.plan(slot)
    assert plan
    (unit,) = plan.units
    assert reference.profile.to_json_bytes() == store.profile(unit).to_json_bytes()
    assert reference.sample is not None
    # All 40 rows are in both; which would be drawn of more hangs on the file's name.
    here, elsewhere = (each.sort_by("source_row") for each in (reference.sample, store.sample(unit)))
    assert here.drop_columns(["key", "source_path"]).equals(elsewhere.drop_columns(["key", "source_path"]))
    assert reference.origin == DevOrigin(40)
    assert reference.profile.total.statuses == (37, 2, 1, 0)


def test_the_confusion_counts_rows_with_a_label(bundle: Bundle) -> None:
    reference = dev_reference(Scorer(bundle, CPU), DEV, texts=True)
    probs = Scorer(bundle, CPU).score(DEV.texts).probs
    expected = np.zeros((2, 2), int)
    for gold, row in zip(DEV.gold, probs, strict=True):
        if np.isfinite(row).all():
            expected[gold, row.argmax()] += 1
    assert reference.confusion == tuple(map(tuple, expected.tolist()))
    assert expected.sum() == 38


def test_however_dev_is_cut(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart from duplicates and tokens, which are those of each unit."""
    whole = dev_reference(Scorer(bundle, CPU), DEV, texts=True)
    monkeypatch.setattr("batch.dev_reference.UnitSize", lambda: UnitSize(rows=7))
    cut = dev_reference(Scorer(bundle, CPU), DEV, texts=True)
    assert cut.confusion == whole.confusion
    assert cut.profile.total.class_counts == whole.profile.total.class_counts
    assert cut.sample is not None
    assert whole.sample is not None
    assert cut.sample["source_row"].to_pylist() == whole.sample["source_row"].to_pylist()


@pytest.mark.parametrize("texts", [True, False])
def test_is_sealed_into_the_bundle(bundle: Bundle, plain: Bundle, texts: bool) -> None:
    sealed = add_reference(bundle, DEV, texts=texts, device="cpu")
    assert sealed.path == bundle.path
    assert sealed.version != plain.version
    assert open_bundle(bundle.path) == sealed
    expected = dev_reference(Scorer(plain, CPU), DEV, texts=texts)
    assert sealed.reference() == expected
    assert (expected.sample is not None) is texts
    names = {"reference/reference.json", *(["reference/sample.parquet"] if texts else [])}
    assert set(sealed.manifest.files) - set(plain.manifest.files) == names
    assert sealed.manifest.lineage.recipe["reference_texts"] is texts
    assert f"bundle {sealed.version}" in (bundle.path / "README.md").read_text("utf-8")


def test_no_text_is_in_a_bundle_that_may_hold_none(bundle: Bundle) -> None:
    add_reference(bundle, DEV, texts=False, device="cpu")
    files = [path.read_bytes() for path in bundle.path.rglob("*") if path.is_file()]
    longest = max((text for text in TEXTS if text), key=len)
    assert not any(longest.encode() in data for data in files)
    assert {path.name for path in (bundle.path / "reference").iterdir()} == {"reference.json"}


def test_training_the_same_twice_gives_the_same_version(tmp_path: Path) -> None:
    def finish(bundle: Bundle, dev: LabelledRows) -> Bundle:
        return add_reference(bundle, dev, texts=True, device="cpu")

    one, two = (train(recipe(), TRAIN, DEV, tmp_path / name, finish=finish) for name in "ab")
    assert one.version == two.version
    assert one.reference() == two.reference()
    assert isinstance(one.reference(), Reference)
    for name in ("manifest.json", "README.md", "reference/reference.json", "reference/sample.parquet"):
        assert (one.path / name).read_bytes() == (two.path / name).read_bytes()


def test_a_bundle_without_one_has_none(plain: Bundle) -> None:
    assert plain.reference() is None
