"""A crash before each write of each transition: the same command, run again, ends where an undisturbed run ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.lake.journal.retirement import Retirement
from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.plan import Plan
from storage.lake.unit_files import FILE_KINDS
from tests.support.predictions import plan_of, slot_of, units_of

SLOT, OLD = slot_of("b2"), slot_of("b1")
A, B = units_of(SLOT, 40, 20), units_of(SLOT, 40, 20, "b.parquet")
RECUT = plan_of(SLOT, units_of(SLOT, 40, 40))
PLAN = plan_of(SLOT, A, B)
OLD_PLAN = plan_of(OLD, units_of(OLD, 40, 20), units_of(OLD, 40, 20, "b.parquet"))
LOADED = {unit.unit_id for unit in PLAN.units}
LEFT_BY_PARTS = ("profi", "sampl", "seal-")
NOTE = Retirement(datetime(2026, 11, 23, tzinfo=UTC), "too old", 80)


class CrashError(Exception):
    """The power went off."""


def given(journal: SlotJournal) -> None:
    """Both slots staged and planned; the new one forced, one unit of it renewed, and ordered to replace the old one."""
    for unit in (*OLD_PLAN.units, *PLAN.units):
        folder = journal.parts.files(unit).folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILE_KINDS:  # what is in them, no transition asks
            (folder / name.format(unit.unit_id)).touch()
    journal.adopt(OLD_PLAN, list)
    journal.order_replace(SLOT, ())
    journal.adopt(PLAN, list)
    journal.order_again(PLAN)
    journal.unit_renewed(A[0])


def load(journal: SlotJournal) -> None:
    loading = journal.begin_load(PLAN)
    journal.forget_replaced(loading, lambda: LOADED)
    journal.rows_loaded(loading, set(), waiting=False)


def load_damaged(journal: SlotJournal) -> None:
    loading = journal.begin_load(PLAN)
    damaged = {A[0].unit_id} & journal.parts.staged_units(SLOT)
    journal.rows_loaded(loading, damaged, waiting=True)


def retire(journal: SlotJournal) -> None:
    if not journal.is_retired(SLOT):
        journal.retire(SLOT, NOTE)
    for slot in journal.cut_off_removals("comment", lambda _: False):
        journal.remove_retired(slot)


def bring_back(journal: SlotJournal) -> None:
    retire(journal)
    journal.bring_back(SLOT)


TRANSITIONS: dict[str, Callable[[SlotJournal], object]] = {
    "adopt": lambda journal: journal.adopt(RECUT, list),
    "unit_renewed": lambda journal: journal.unit_renewed(A[1]),
    "close_order": lambda journal: journal.close_order(SLOT, sorted(journal.ordered_again(SLOT))),
    "order_replace": lambda journal: journal.order_replace(SLOT, {"b0"}),
    "forget_replaced and rows_loaded": load,
    "rows_loaded with a damaged part": load_damaged,
    "retire and remove_retired": retire,
    "bring_back": bring_back,
}


def crash_at(monkeypatch: pytest.MonkeyPatch, write: int, run: Callable[[], object]) -> bool:
    """Run up to a write, counted from 0; whether it came so far."""
    left = [write]
    replace, unlink = Path.replace, Path.unlink

    def burn() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise CrashError

    def fused_replace(path: Path, target: Path) -> Path:
        burn()
        return replace(path, target)

    def fused_unlink(path: Path, missing_ok: bool = False) -> None:
        if path.exists() and not path.name.startswith(".tmp-"):
            burn()
        unlink(path, missing_ok)

    with monkeypatch.context() as fuse:
        fuse.setattr(Path, "replace", fused_replace)
        fuse.setattr(Path, "unlink", fused_unlink)
        try:
            run()
        except CrashError:
            return True
    return False


def files(root: Path) -> dict[str, bytes]:
    """All files but those that a part left that is gone itself: nothing reads them, and `tidy` removes them."""
    staged = {path.stem.removeprefix("part-") for path in root.rglob("part-*.parquet")}
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and (path.name[:5] not in LEFT_BY_PARTS or path.stem.partition("-")[2] in staged)
    }


def journal_in(root: Path) -> SlotJournal:
    return SlotJournal(root / "parts", root / "retired")


@pytest.mark.parametrize("name", TRANSITIONS)
def test_the_same_again_ends_where_an_undisturbed_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run = TRANSITIONS[name]
    given(journal_in(tmp_path / "whole"))
    run(journal_in(tmp_path / "whole"))
    whole = files(tmp_path / "whole")
    for write in range(100):
        root = tmp_path / f"cut-{write}"
        given(journal_in(root))
        if not crash_at(monkeypatch, write, lambda root=root: run(journal_in(root))):
            assert write > 0, "the transition wrote nothing"
            assert files(root) == whole
            return
        run(journal_in(root))
        assert files(root) == whole, f"cut off before write {write}"
    raise AssertionError("the transition never came to its end")


def test_what_a_cut_off_adopt_leaves_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new plan is there, and so are parts and marks of units that it does not name."""
    journal = journal_in(tmp_path)
    given(journal)
    assert crash_at(monkeypatch, 1, lambda: journal.adopt(RECUT, list))
    plan = journal.plan(SLOT)
    assert plan == PLAN.merged(RECUT)
    assert {unit.unit_id for unit in A} <= journal.parts.staged_units(SLOT)
    assert set(journal.pending(plan, ())) == {*RECUT.units, *B}  # B is ordered again
    assert journal.begin_load(plan).renewed - {unit.unit_id for unit in plan.units} == {A[0].unit_id}  # not in the plan


def test_an_order_that_is_cut_off_is_an_order_of_fewer_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = journal_in(tmp_path)
    journal.adopt(PLAN, list)
    assert crash_at(monkeypatch, 2, lambda: journal.order_again(PLAN))
    ordered = journal.ordered_again(SLOT)
    assert len(ordered) == 2
    journal.order_again(PLAN)
    assert journal.ordered_again(SLOT) == ordered
    assert {unit.unit_id for unit in journal.pending(PLAN, LOADED)} == ordered


def test_no_row_is_forgotten_between_the_old_plan_and_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a load is cut off, the old slot is named by its plan or by the order that stands."""
    for write in range(100):
        journal = journal_in(tmp_path / str(write))
        given(journal)
        crashed = crash_at(monkeypatch, write, lambda journal=journal: load(journal))
        if not crashed:
            assert journal.parts.staged_units(OLD) == set()
            return
        named = journal.plan(OLD) not in (None, Plan(OLD, {}))
        assert named or "b1" in journal.replaced_bundles(SLOT)
    raise AssertionError("the load never came to its end")
