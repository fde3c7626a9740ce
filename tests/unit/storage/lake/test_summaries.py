"""The summary of a slot: merged, kept, used again, and told when it is not whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.errors import DiskFull, PartCorrupt
from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.lake.summaries import SummaryStore, find_summary, summarise
from storage.profiles.profile import PROFILE_VERSION
from storage.profiles.sample import SAMPLE_ROWS
from storage.profiles.summary import Summary, merge_summaries
from storage.records import Unit
from tests.support.predictions import part_profile, part_sample, part_table, plan_of, slot_of, stage, units_of

SLOT = slot_of()
UNITS = (*units_of(SLOT, 2_500, 500), *units_of(SLOT, 150, 50, "b.parquet"))
PLAN = Plan(SLOT, {"a.parquet": UNITS[:5], "b.parquet": UNITS[5:]})
FILES = ("profile.json", "sample.parquet", "seal.sha256", "units.json")


@pytest.fixture
def journal(tmp_path: Path) -> SlotJournal:
    return SlotJournal(tmp_path / "parts", tmp_path / "retired")


@pytest.fixture
def parts(journal: SlotJournal) -> PartStore:
    return journal.parts


@pytest.fixture
def store(tmp_path: Path) -> SummaryStore:
    return SummaryStore(tmp_path / "summaries")


def by_hand(*units: Unit) -> Summary:
    tables = [part_table(unit) for unit in units]
    return merge_summaries(Summary(part_profile(table), part_sample(table)) for table in tables)


def kept_files(tmp_path: Path) -> dict[str, Path]:
    return {path.name: path for path in (tmp_path / "summaries").rglob("*") if path.is_file()}


def test_is_what_the_units_add_up_to_and_is_kept(parts: PartStore, store: SummaryStore, tmp_path: Path) -> None:
    stage(parts, *UNITS)
    done: list[tuple[int, int]] = []
    summary, failures = summarise(parts, store, PLAN, lambda rows, of: done.append((rows, of)))
    assert (summary, failures) == (by_hand(*UNITS), ())
    assert summary is not None
    assert summary.sample.num_rows == SAMPLE_ROWS < PLAN.rows
    assert done[-1] == (PLAN.rows, PLAN.rows)
    assert tuple(sorted(kept_files(tmp_path))) == FILES
    assert store.load(SLOT) == summary
    assert store.slots() == store.slots("comment") == [SLOT]
    assert store.slots("other") == []


def test_the_same_units_give_the_same_bytes(parts: PartStore, store: SummaryStore, tmp_path: Path) -> None:
    stage(parts, *UNITS)
    summarise(parts, store, PLAN)
    before = {name: path.read_bytes() for name, path in kept_files(tmp_path).items()}
    for path in kept_files(tmp_path).values():
        path.unlink()
    summarise(parts, store, Plan(SLOT, {"b.parquet": UNITS[:4:-1], "a.parquet": UNITS[4::-1]}))
    assert {name: path.read_bytes() for name, path in kept_files(tmp_path).items()} == before


def test_the_kept_one_is_used_again_without_reading_the_units(parts: PartStore, store: SummaryStore) -> None:
    stage(parts, *UNITS)
    first = summarise(parts, store, PLAN)
    for unit in UNITS:
        parts.files(unit).profile.unlink()
    assert summarise(parts, store, PLAN) == first


def test_a_unit_that_is_scored_again_makes_a_new_one(parts: PartStore, store: SummaryStore) -> None:
    stage(parts, *UNITS)
    summarise(parts, store, PLAN)
    table = part_table(UNITS[0])
    parts.stage(UNITS[0], table, part_profile(table), part_sample(table, 3))
    summary, failures = summarise(parts, store, PLAN)
    assert failures == ()
    assert summary is not None
    assert summary != by_hand(*UNITS)
    assert store.load(SLOT) == summary


def test_another_plan_makes_a_new_one(parts: PartStore, store: SummaryStore) -> None:
    stage(parts, *UNITS)
    summarise(parts, store, PLAN)
    fewer = plan_of(SLOT, UNITS[:5])
    assert summarise(parts, store, fewer) == (by_hand(*UNITS[:5]), ())
    assert summarise(parts, store, PLAN) == (by_hand(*UNITS), ())


def test_outlives_the_parts(journal: SlotJournal, parts: PartStore, store: SummaryStore, tmp_path: Path) -> None:
    stage(parts, *UNITS)
    journal.adopt(PLAN, list)
    whole = summarise(parts, store, PLAN)
    parts.discard(SLOT, [unit.unit_id for unit in UNITS[:3]])
    assert find_summary(journal, store, SLOT) == whole
    parts.discard(SLOT, [unit.unit_id for unit in UNITS])
    assert find_summary(journal, store, SLOT) == whole
    next((tmp_path / "parts").rglob("_plan.json")).unlink()
    assert find_summary(journal, store, SLOT) == whole
    assert find_summary(journal, store, slot_of(day=1)) == (None, ())


def test_a_plan_that_cannot_be_read_is_told_and_the_kept_one_taken(
    journal: SlotJournal, parts: PartStore, store: SummaryStore, tmp_path: Path
) -> None:
    stage(parts, *UNITS)
    journal.adopt(PLAN, list)
    plan = next((tmp_path / "parts").rglob("_plan.json"))
    whole, _ = find_summary(journal, store, SLOT)
    plan.write_text("{", "utf-8")
    summary, (failure,) = find_summary(journal, store, SLOT)
    assert summary == whole
    assert "_plan.json" in failure.got
    next((tmp_path / "summaries").rglob("seal.sha256")).unlink()
    assert find_summary(journal, store, SLOT)[0] is None


def test_units_that_are_not_staged_are_told_and_the_rest_is_not_kept(parts: PartStore, store: SummaryStore) -> None:
    stage(parts, *UNITS[:6])
    summary, (failure,) = summarise(parts, store, PLAN)
    assert summary == by_hand(*UNITS[:6])
    assert "2 of 8 units of comment 2026-11-22, bundle b1, are not staged" in str(failure)
    assert failure.facts["units"] == [unit.unit_id for unit in UNITS[6:]]
    assert store.units(SLOT) is None
    stage(parts, *UNITS[6:])
    assert summarise(parts, store, PLAN) == (by_hand(*UNITS), ())


def test_nothing_to_summarise(parts: PartStore, store: SummaryStore) -> None:
    assert summarise(parts, store, Plan(SLOT, {"a.parquet": ()})) == (None, ())
    summary, (failure,) = summarise(parts, store, PLAN)
    assert summary is None
    assert "8 of 8 units" in failure.got


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def resealed(path: Path) -> None:
    """No sample any more, but sealed as if it were one."""
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(b"PAR1")
    seal = next(path.parent.glob(f"seal-{path.stem.partition('-')[2]}*"))
    seal.write_text(seal.read_text().replace(old, hashlib.sha256(b"PAR1").hexdigest()))


def of_another_version(path: Path) -> None:
    """A profile that this program does not know, sealed."""
    data = path.read_bytes()
    other = data.replace(f'"version":{PROFILE_VERSION}'.encode(), b'"version":1')
    assert other != data
    seal = next(path.parent.glob(f"seal-{path.stem.partition('-')[2]}*"))
    old, new = (hashlib.sha256(each).hexdigest() for each in (data, other))
    path.write_bytes(other)
    seal.write_text(seal.read_text().replace(old, new))


HARMS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a flipped bit in the profile": ("profile", flip),
    "a truncated profile": ("profile", lambda path: path.write_bytes(path.read_bytes()[:99])),
    "no profile": ("profile", Path.unlink),
    "a profile of another version": ("profile", of_another_version),
    "a flipped bit in the sample": ("sample", flip),
    "a truncated sample": ("sample", lambda path: path.write_bytes(path.read_bytes()[:-9])),
    "no sample": ("sample", Path.unlink),
    "a sample that is none": ("sample", resealed),
    "no checksums": ("checksums", Path.unlink),
}


@pytest.mark.parametrize(("name", "harm"), HARMS.values(), ids=HARMS)
def test_a_harmed_unit_is_told_and_the_rest_is_not_kept(
    parts: PartStore, store: SummaryStore, name: str, harm: Callable[[Path], object]
) -> None:
    stage(parts, *UNITS)
    harm(getattr(parts.files(UNITS[2]), name))
    summary, (failure,) = summarise(parts, store, PLAN)
    assert summary == by_hand(*UNITS[:2], *UNITS[3:])
    assert failure.facts["unit"] == UNITS[2].unit_id
    assert store.units(SLOT) is None


@pytest.mark.parametrize("name", FILES)
def test_a_harmed_kept_summary_is_made_again(parts: PartStore, store: SummaryStore, tmp_path: Path, name: str) -> None:
    stage(parts, *UNITS)
    whole = summarise(parts, store, PLAN)
    flip(kept_files(tmp_path)[name])
    assert summarise(parts, store, PLAN) == whole
    assert store.load(SLOT) == whole[0]


@pytest.mark.parametrize("name", FILES)
def test_a_harmed_kept_summary_without_parts_is_told(
    journal: SlotJournal, parts: PartStore, store: SummaryStore, tmp_path: Path, name: str
) -> None:
    stage(parts, *UNITS)
    summarise(parts, store, PLAN)
    parts.discard(SLOT, [unit.unit_id for unit in UNITS])
    flip(kept_files(tmp_path)[name])
    for summary, failures in (summarise(parts, store, PLAN), find_summary(journal, store, SLOT)):
        assert summary is None
        assert "summary" in failures[0].got
    with pytest.raises(PartCorrupt, match="the kept summary"):
        (store.units if name == "units.json" else store.load)(SLOT)


def test_stopped_between_its_files_none_is_kept(
    parts: PartStore, store: SummaryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(parts, *UNITS)
    whole = summarise(parts, store, PLAN)
    real, left = Path.replace, [2]

    def replace(path: Path, target: Path) -> Path:
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")
        return real(path, target)

    with monkeypatch.context() as full:
        full.setattr(Path, "replace", replace)
        with pytest.raises(DiskFull):
            store.keep(SLOT, by_hand(UNITS[0]), {})
    assert store.units(SLOT) is None
    assert store.slots() == []
    assert summarise(parts, store, PLAN) == whole
    assert list((tmp_path / "summaries").rglob(".tmp-*")) == []
