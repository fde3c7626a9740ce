"""Freezing scored dates, and finding what to measure against."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from batch.dev_reference import add_reference
from jobs.bundles.find import find_bundle
from jobs.config.file import find_home
from jobs.config.home import Home
from jobs.monitor.references import FoundReference, FreezeRequest, find_reference, freeze_reference
from jobs.runs.context import JobContext
from models.bundle import Bundle, open_bundle
from models.training.data import LabelledRows
from storage.errors import BundleIncomplete, ConfigError, ReferenceUnusable
from storage.lake.plan import Plan
from storage.profiles.references import DatesOrigin
from storage.profiles.summary import Summary, merge_summaries
from storage.records import Slot, Unit
from tests.support.bundles import build_bundle
from tests.support.predictions import part_profile, part_sample, part_table, slot_of, stage, units_of

DEV = LabelledRows(pl.Series("text", ["很好", "太差", "好", "坏透了"]), np.array([1, 0, 1, 0]))


class Recorded:
    """Progress that tells what it was told."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.done = 0

    def begin(self, what: str, total: int) -> None:
        self.begun.append((what, total))

    def advance(self, rows: int) -> None:
        self.done += rows


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle = build_bundle(tmp_path_factory.mktemp("bundle"), "comment")
    return add_reference(bundle, DEV, texts=True, device="cpu").path


@pytest.fixture
def home(tmp_path: Path, built: Path) -> Home:
    (tmp_path / "yeban.toml").write_text(f'[tasks.comment]\nbundle = "{built}"\n', "utf-8")
    return find_home(tmp_path, tmp_path)


@pytest.fixture
def bundle(home: Home) -> Bundle:
    return find_bundle(home, "comment", None)


def score(home: Home, bundle: Bundle, day: int, version: str | None = None) -> tuple[Unit, ...]:
    """Stage a date, as if it had been scored."""
    slot = slot_of(version or bundle.version, day=day)
    units = units_of(slot, 60, 20, f"{day}.parquet")
    journal = home.journal
    store = journal.parts
    journal.adopt(Plan(slot, {f"{day}.parquet": units}), list)
    stage(store, *units, labels=bundle.labels)
    return units


def by_hand(bundle: Bundle, *units: Unit) -> Summary:
    tables = [part_table(unit, bundle.labels) for unit in units]
    return merge_summaries(Summary(part_profile(each, bundle.labels), part_sample(each)) for each in tables)


def november(day: int) -> date:
    return date(2026, 11, day)


def test_dates_are_frozen_and_found(home: Home, bundle: Bundle) -> None:
    units = [*score(home, bundle, 3), *score(home, bundle, 5)]
    score(home, bundle, 9)
    progress = Recorded()
    frozen = freeze_reference(home, FreezeRequest("comment", november(1), november(7)), JobContext(progress))
    summary = by_hand(bundle, *units)
    assert (frozen.profile, frozen.sample) == (summary.profile, summary.sample)
    assert frozen.origin == DatesOrigin("comment", bundle.version, november(1), november(7), 2, 120)
    own = bundle.reference()
    assert own
    assert frozen.confusion == own.confusion
    assert find_reference(home, "comment", bundle) == FoundReference(frozen)
    assert progress.begun == [("2026-11-03", 60), ("2026-11-05", 60)]
    assert progress.done == 120


def test_dates_whose_parts_are_gone_are_frozen_from_what_was_kept(home: Home, bundle: Bundle) -> None:
    for day in (3, 4):
        score(home, bundle, day)
    first = freeze_reference(home, FreezeRequest("comment", november(3), november(4)), JobContext(Recorded()))
    shutil.rmtree(home.parts)
    assert home.summary_store.slots("comment") == [slot_of(bundle.version, day=day) for day in (3, 4)]
    assert freeze_reference(home, FreezeRequest("comment", november(3), november(4)), JobContext(Recorded())) == first


def test_without_a_frozen_one_it_is_that_of_the_bundle(home: Home, bundle: Bundle) -> None:
    found = find_reference(home, "comment", bundle)
    assert found == FoundReference(bundle.reference())
    assert found.reference is not None


def test_a_frozen_one_of_another_bundle_is_passed_over_and_it_is_said_why(
    home: Home, bundle: Bundle, tmp_path: Path
) -> None:
    score(home, bundle, 3)
    freeze_reference(home, FreezeRequest("comment", november(3), november(3)), JobContext(Recorded()))
    folder = shutil.copytree(bundle.path, tmp_path / "other")
    other = add_reference(open_bundle(folder), DEV, texts=False, device="cpu")
    found = find_reference(home, "comment", other)
    assert found.reference == other.reference()
    assert found.passed_over is not None
    message = str(found.passed_over)
    assert f"2026-11-03 to 2026-11-03 scored by bundle {bundle.version}" in message
    assert f"expected: a reference of bundle {other.version}" in message
    assert "yeban monitor comment --freeze-reference" in message


def test_neither(home: Home, tmp_path: Path) -> None:
    bare = build_bundle(tmp_path / "bare", "comment")
    assert find_reference(home, "comment", bare) == FoundReference(None)


def test_an_altered_one_is_not_passed_over(home: Home, bundle: Bundle) -> None:
    score(home, bundle, 3)
    freeze_reference(home, FreezeRequest("comment", november(3), november(3)), JobContext(Recorded()))
    next(home.references.rglob("sample.parquet")).write_bytes(b"PAR1")
    with pytest.raises(ReferenceUnusable, match="altered"):
        find_reference(home, "comment", bundle)


class TestRefuses:
    def test_no_date_was_scored(self, home: Home, bundle: Bundle) -> None:
        score(home, bundle, 9)
        with pytest.raises(ReferenceUnusable, match="no date of task 'comment' from 2026-11-01 to 2026-11-07") as told:
            freeze_reference(home, FreezeRequest("comment", november(1), november(7)), JobContext(Recorded()))
        assert bundle.version in told.value.expected
        assert "yeban backfill comment --from 2026-11-01 --to 2026-11-07" in told.value.action
        assert home.reference_store.current("comment") is None

    def test_dates_without_rows_only(self, home: Home, bundle: Bundle) -> None:
        slot = slot_of(bundle.version, day=3)
        home.journal.adopt(Plan(slot, {"3.parquet": ()}), list)
        with pytest.raises(ReferenceUnusable, match="no date"):
            freeze_reference(home, FreezeRequest("comment", november(1), november(7)), JobContext(Recorded()))

    def test_a_date_that_another_bundle_scored(self, home: Home, bundle: Bundle) -> None:
        score(home, bundle, 3)
        score(home, bundle, 3, "0000old")
        score(home, bundle, 4, "0000old")
        with pytest.raises(ReferenceUnusable, match="1 dates from 2026-11-04 to 2026-11-04") as told:
            freeze_reference(home, FreezeRequest("comment", november(1), november(7)), JobContext(Recorded()))
        assert told.value.facts == {"bundles": "0000old"}
        assert bundle.version in told.value.expected
        freeze_reference(home, FreezeRequest("comment", november(3), november(3)), JobContext(Recorded()))

    @pytest.mark.parametrize("name", ["profile", "sample", "part"])
    def test_a_date_that_is_not_whole(self, home: Home, bundle: Bundle, name: str) -> None:
        score(home, bundle, 3)
        units = score(home, bundle, 4)
        getattr(home.part_store.files(units[1]), name).unlink()
        with pytest.raises(ReferenceUnusable, match="2026-11-04 is not whole") as told:
            freeze_reference(home, FreezeRequest("comment", november(3), november(4)), JobContext(Recorded()))
        assert "choose other dates" in told.value.action
        assert home.reference_store.current("comment") is None

    def test_dates_in_the_wrong_order(self, home: Home) -> None:
        with pytest.raises(ConfigError, match="after"):
            freeze_reference(home, FreezeRequest("comment", november(4), november(3)), JobContext(Recorded()))

    def test_a_task_that_is_not_there(self, home: Home) -> None:
        with pytest.raises((ConfigError, BundleIncomplete)):
            freeze_reference(home, FreezeRequest("coment", november(3), november(3)), JobContext(Recorded()))


def test_folders_without_a_plan_are_no_scored_dates(home: Home, bundle: Bundle) -> None:
    units = score(home, bundle, 3)
    stray = Slot("comment", november(5), "0000old")
    folder = home.part_store.files(Unit(stray, "x", "", 0, 1)).folder
    folder.mkdir(parents=True)
    frozen = freeze_reference(home, FreezeRequest("comment", november(1), november(7)), JobContext(Recorded()))
    assert frozen.profile == by_hand(bundle, *units).profile
