import dataclasses
import json

import pytest

from storage.lake.plan import Plan
from storage.records import Unit
from tests.support.predictions import plan_of, slot_of, units_of

SLOT = slot_of()
A = units_of(SLOT, 250, 100, "a.parquet")
B = units_of(SLOT, 100, 100, "文件 b.parquet")


def test_units_come_sorted_by_file_and_row() -> None:
    plan = Plan(SLOT, {"文件 b.parquet": B, "a.parquet": A[::-1]})
    assert plan.units == (*A, *B)
    assert plan.rows == 350


def test_survives_json() -> None:
    plan = Plan(SLOT, {"a.parquet": A, "文件 b.parquet": B, "empty.parquet": ()})
    again = Plan.from_dict(json.loads(json.dumps(plan.as_dict())))
    assert again == plan
    assert [unit.unit_id for unit in again.units] == [unit.unit_id for unit in plan.units]


def test_merged_replaces_files_and_keeps_the_others() -> None:
    changed = units_of(SLOT, 80, 40, "a.parquet", fingerprint="f2")
    merged = plan_of(SLOT, A, B).merged(plan_of(SLOT, changed))
    assert merged.files == {"a.parquet": changed, "文件 b.parquet": B}


def test_merged_refuses_another_slot() -> None:
    other = slot_of("b2")
    with pytest.raises(ValueError, match="different slots"):
        plan_of(SLOT, A).merged(plan_of(other, units_of(other, 10, 10)))


@pytest.mark.parametrize(
    "units",
    [
        (A[0], dataclasses.replace(A[1], fingerprint="f2")),
        (A[0], dataclasses.replace(A[1], slot=slot_of("b2"))),
        (A[0], dataclasses.replace(A[1], source_path="b.parquet")),
        (A[0], dataclasses.replace(A[1], row_start=99)),
        (dataclasses.replace(A[0], row_start=200),),
    ],
    ids=["fingerprints", "slots", "files", "overlap", "backwards"],
)
def test_contradictions_are_refused(units: tuple[Unit, ...]) -> None:
    with pytest.raises(ValueError, match=r"a\.parquet"):
        Plan(SLOT, {"a.parquet": units})
