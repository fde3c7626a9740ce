from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import PartCorrupt
from storage.lake.journal.recovery import recover_plan
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.records import Unit
from tests.support.predictions import plan_of, slot_of, stage, units_of

SLOT = slot_of()
A, B = units_of(SLOT, 40, 20), units_of(SLOT, 40, 20, "b.parquet")


def never() -> list[Unit]:
    raise AssertionError("the warehouse need not be asked")


@pytest.fixture
def parts(tmp_path: Path) -> PartStore:
    return PartStore(tmp_path)


def test_parts_of_the_new_plans_files_need_no_recovery(parts: PartStore) -> None:
    stage(parts, *A)
    assert recover_plan(parts, plan_of(SLOT, A), never) == Plan(SLOT, {})


def test_other_files_are_known_by_their_parts(parts: PartStore) -> None:
    stage(parts, *A, *B)
    recovered = recover_plan(parts, plan_of(SLOT, A), list)
    assert {path: set(units) for path, units in recovered.files.items()} == {"b.parquet": set(B)}


def test_units_that_are_loaded_and_not_staged_any_more_belong_to_it(parts: PartStore) -> None:
    stage(parts, B[0])
    (recut,) = units_of(SLOT, 15, 15, "b.parquet")  # overlaps the staged one: it is of an earlier cut
    changed = units_of(SLOT, 60, 20, "b.parquet", "f2")[2]  # another version of the file
    recovered = recover_plan(parts, plan_of(SLOT, A), lambda: [B[1], recut, changed, *A])
    assert set(recovered.files["b.parquet"]) == set(B)
    assert [*recovered.files] == ["b.parquet"]


def test_two_versions_of_a_file_are_not_guessed_at(parts: PartStore) -> None:
    stage(parts, *B, *units_of(SLOT, 40, 20, "b.parquet", "f2"))
    with pytest.raises(PartCorrupt, match="more than one version of a file") as caught:
        recover_plan(parts, plan_of(SLOT, A), list)
    assert "b.parquet" in caught.value.action
