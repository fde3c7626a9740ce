"""Each transition: what it leaves, and in which order it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.errors import PartCorrupt
from storage.files.slot_folders import slot_folder
from storage.lake.journal.retirement import Retirement
from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.plan import Plan
from storage.records import Slot, Unit
from tests.support.predictions import plan_of, slot_of, stage, units_of

SLOT, OLD = slot_of("b2"), slot_of("b1")
A, B = units_of(SLOT, 40, 20), units_of(SLOT, 40, 20, "b.parquet")
OLD_A, OLD_B = units_of(OLD, 40, 20), units_of(OLD, 40, 20, "b.parquet")
PLAN = plan_of(SLOT, A, B)
NOTE = Retirement(datetime(2026, 11, 23, tzinfo=UTC), "too old", 80)


def never() -> set[str]:
    raise AssertionError("the warehouse need not be asked")


@pytest.fixture
def journal(tmp_path: Path) -> SlotJournal:
    return SlotJournal(tmp_path / "parts", tmp_path / "retired")


@contextmanager
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of files in the order in which they are written (`+`) or removed (`-`)."""
    done: list[str] = []
    replace, unlink = Path.replace, Path.unlink

    def spy_replace(path: Path, target: Path) -> Path:
        done.append(f"+{target.name}")
        return replace(path, target)

    def spy_unlink(path: Path, missing_ok: bool = False) -> None:
        if path.exists() and not path.name.startswith(".tmp-"):
            done.append(f"-{path.name}")
        unlink(path, missing_ok)

    with monkeypatch.context() as spies:
        spies.setattr(Path, "replace", spy_replace)
        spies.setattr(Path, "unlink", spy_unlink)
        yield done


def names(journal: SlotJournal, slot: Slot) -> set[str]:
    folder = slot_folder(journal.parts.root, slot)
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


class TestAdopt:
    def test_files_add_up(self, journal: SlotJournal) -> None:
        assert journal.adopt(plan_of(SLOT, A), list) == plan_of(SLOT, A)
        assert journal.adopt(plan_of(SLOT, B), list) == PLAN
        assert journal.plan(SLOT) == PLAN

    def test_the_plan_comes_before_what_it_no_longer_names_goes(
        self, journal: SlotJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        journal.adopt(PLAN, list)
        stage(journal.parts, *PLAN.units)
        journal.order_again(plan_of(SLOT, A, B[:1]))
        journal.unit_renewed(A[0])
        (recut,) = units_of(SLOT, 40, 40)
        with written(monkeypatch) as order:
            journal.adopt(plan_of(SLOT, (recut,)), list)
        kinds = [name.partition("-" + A[0].unit_id)[0].partition("-" + A[1].unit_id)[0] for name in order]
        assert kinds[0] == "+_plan.json"
        assert set(kinds[1:3]) == {"-part"}
        assert kinds[-2:] == ["-again", "-renewed"]
        assert journal.parts.staged_units(SLOT) == {unit.unit_id for unit in B}
        assert journal.ordered_again(SLOT) == {B[0].unit_id}

    def test_a_lost_plan_is_recovered_and_a_damaged_one_is_not(self, journal: SlotJournal) -> None:
        stage(journal.parts, *A, *B)
        assert journal.adopt(plan_of(SLOT, A), list) == PLAN
        (slot_folder(journal.parts.root, SLOT) / "_plan.json").write_text("{")
        with pytest.raises(PartCorrupt, match="is not a plan"):
            journal.adopt(plan_of(SLOT, A), list)

    def test_the_warehouse_is_asked_only_where_the_plan_is_lost(self, journal: SlotJournal) -> None:
        asked: list[Slot] = []

        def loaded() -> list[Unit]:
            asked.append(SLOT)
            return []

        journal.adopt(plan_of(SLOT, A), loaded)
        stage(journal.parts, *A)
        journal.adopt(plan_of(SLOT, B), loaded)
        assert asked == []
        (slot_folder(journal.parts.root, SLOT) / "_plan.json").unlink()
        journal.adopt(plan_of(SLOT, B), loaded)
        assert asked == [SLOT]


class TestForce:
    def test_an_order_goes_on_where_a_run_was_stopped(self, journal: SlotJournal) -> None:
        journal.order_again(PLAN)
        for unit in A:
            journal.unit_renewed(unit)
        journal.order_again(PLAN)
        assert journal.ordered_again(SLOT) == {unit.unit_id for unit in B}
        journal.close_order(SLOT, journal.ordered_again(SLOT))
        assert journal.ordered_again(SLOT) == set()
        journal.order_again(PLAN)
        assert journal.ordered_again(SLOT) == {unit.unit_id for unit in PLAN.units}

    def test_a_unit_is_renewed_before_its_order_goes(
        self, journal: SlotJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        journal.order_again(plan_of(SLOT, A))
        with written(monkeypatch) as order:
            journal.unit_renewed(A[0])
        assert order == [f"+renewed-{A[0].unit_id}", f"-again-{A[0].unit_id}"]

    def test_only_staged_units_are_put_in_place_of_loaded_ones(self, journal: SlotJournal) -> None:
        stage(journal.parts, A[0])
        for unit in A:
            journal.unit_renewed(unit)
        loading = journal.begin_load(PLAN)
        assert loading.renewed == {A[0].unit_id}
        journal.rows_loaded(loading, set(), waiting=True)
        assert journal.begin_load(PLAN).renewed == frozenset()
        assert names(journal, SLOT) >= {f"renewed-{A[1].unit_id}"}

    def test_a_damaged_part_stays_renewed_and_is_scored_again(self, journal: SlotJournal) -> None:
        journal.adopt(PLAN, list)
        stage(journal.parts, *PLAN.units)
        journal.unit_renewed(A[0])
        journal.rows_loaded(journal.begin_load(PLAN), {A[0].unit_id}, waiting=False)
        loaded = {unit.unit_id for unit in PLAN.units}
        assert journal.pending(PLAN, loaded) == [A[0]]


class TestReplace:
    @pytest.fixture
    def journal(self, tmp_path: Path) -> SlotJournal:
        """A slot that replaces another, which has both files planned and staged."""
        journal = SlotJournal(tmp_path / "parts", tmp_path / "retired")
        stage(journal.parts, *OLD_A, *OLD_B)
        journal.adopt(plan_of(OLD, OLD_A, OLD_B), list)
        journal.order_replace(SLOT, {"b0", "b2"})
        journal.adopt(PLAN, list)
        return journal

    def test_all_other_bundles_of_the_date_are_ordered_to_go(self, journal: SlotJournal) -> None:
        stage(journal.parts, *units_of(slot_of("b9", day=21), 10, 10))
        assert journal.replaced_bundles(SLOT) == ("b0", "b1")
        assert journal.order_replace(SLOT, ()) == ("b0", "b1")
        assert journal.begin_load(PLAN).replaced == (slot_of("b0"), OLD)

    def test_old_plans_forget_only_files_that_are_there_whole(self, journal: SlotJournal) -> None:
        stage(journal.parts, *A, B[0])
        journal.forget_replaced(journal.begin_load(PLAN), set)
        assert journal.plan(OLD) == plan_of(OLD, OLD_B)
        journal.forget_replaced(journal.begin_load(PLAN), lambda: {B[1].unit_id})
        assert journal.plan(OLD) == Plan(OLD, {})

    def test_without_an_order_the_warehouse_is_not_asked(self, journal: SlotJournal) -> None:
        journal.forget_replaced(journal.begin_load(plan_of(OLD, OLD_A)), never)
        assert journal.plan(OLD) == plan_of(OLD, OLD_A, OLD_B)

    @pytest.mark.parametrize(("damaged", "waiting"), [({"x"}, False), (set(), True)])
    def test_the_order_stands_while_anything_is_missing(
        self, journal: SlotJournal, damaged: set[str], waiting: bool
    ) -> None:
        journal.rows_loaded(journal.begin_load(PLAN), damaged, waiting=waiting)
        assert journal.replaced_bundles(SLOT) == ("b0", "b1")
        assert len(journal.parts.staged_units(OLD)) == 4

    def test_in_the_end_old_parts_go_and_the_order_last(
        self, journal: SlotJournal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage(journal.parts, *A, *B)
        loading = journal.begin_load(PLAN)
        journal.forget_replaced(loading, set)
        with written(monkeypatch) as order:
            journal.rows_loaded(loading, set(), waiting=False)
        assert order[-2:] == ["-_plan.json", "-_replaces.json"]
        assert names(journal, OLD) == set()
        assert journal.replaced_bundles(SLOT) == ()
        assert journal.parts.slots() == [SLOT]

    def test_files_that_the_new_bundle_does_not_have_stay(self, journal: SlotJournal) -> None:
        new = plan_of(SLOT, A)
        stage(journal.parts, *A)
        loading = journal.begin_load(new)
        journal.forget_replaced(loading, set)
        journal.rows_loaded(loading, set(), waiting=False)
        assert journal.plan(OLD) == plan_of(OLD, OLD_B)
        assert journal.parts.staged_units(OLD) == {unit.unit_id for unit in OLD_B}


class TestRetire:
    def test_the_plan_goes_last_and_the_note_stays(self, journal: SlotJournal, monkeypatch: pytest.MonkeyPatch) -> None:
        stage(journal.parts, *A)
        journal.adopt(plan_of(SLOT, A), list)
        journal.order_replace(SLOT, ["b0"])
        journal.retire(SLOT, NOTE)
        with written(monkeypatch) as order:
            journal.remove_retired(SLOT)
        assert [name[:5] for name in order[:2]] == ["-part"] * 2
        assert order[-1] == "-_plan.json"
        assert journal.parts.slots() == []
        assert journal.is_retired(SLOT)

    def test_a_slot_that_is_brought_back_may_be_scored(self, journal: SlotJournal, tmp_path: Path) -> None:
        journal.retire(SLOT, NOTE)
        journal.remove_retired(SLOT)
        journal.bring_back(SLOT)
        journal.check_not_retired(SLOT)
        assert [*(tmp_path / "retired").rglob("*")] == []


def test_the_table_names_every_transition() -> None:
    """A transition that is missing in the table of the module has no answer to a crash."""
    from storage.lake.journal import slot_journal
    from storage.lake.journal.states import SlotStates

    transitions = {name for name, each in vars(SlotJournal).items() if isinstance(each, Callable) and name[0] != "_"}
    writing = transitions - set(vars(SlotStates)) - {"begin_load"}
    assert slot_journal.__doc__
    rows = {line.split("`")[1] for line in slot_journal.__doc__.splitlines() if line.startswith("| `")}
    assert rows == writing
