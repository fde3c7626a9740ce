"""The jobs that leave a record: names that stand in records on disk, and locks."""

from __future__ import annotations

from jobs.runs import job
from jobs.runs.job import Job

JOBS = [each for each in vars(job).values() if isinstance(each, Job)]


def test_names_are_those_of_the_records_on_disk() -> None:
    assert {each.name for each in JOBS} == {
        "score",
        "load",
        "shadow",
        "monitor",
        "relabel pick",
        "train",
        "finetune",
        "evaluate",
        "gate",
        "relabel effect",
        "nightly",
        "tidy",
    }
    assert len({each.name for each in JOBS}) == len(JOBS)


def test_jobs_that_write_the_same_things_hold_the_same_lock() -> None:
    assert job.SCORE.lock == job.LOAD.lock == ""
    assert job.TRAIN.lock == job.FINETUNE.lock == "train"


def test_a_night_holds_no_lock_that_its_own_steps_need() -> None:
    steps = {job.SCORE.lock, job.LOAD.lock, job.MONITOR.lock, job.PICK.lock}
    assert job.NIGHTLY.lock not in steps


def test_only_jobs_that_use_the_warehouse_copy_records_into_it() -> None:
    assert {each.name for each in JOBS if each.mirrored} == {"monitor", "relabel pick", "nightly"}
