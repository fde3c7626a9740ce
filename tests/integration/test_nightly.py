"""A night as a person or cron runs it: only what is missing is done, and each step answers for itself."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jobs.calendar.occasions import Occasion
from jobs.config.file import find_home
from jobs.schedule.service import HomeRecords
from storage.runs.log import RunLog
from tests.support.command import yeban, yeban_process
from tests.support.homes import DAY, NEXT_DAY, Home
from tests.support.monitored_home import DRIFTED, TELLING, delivered_alerts, dump_night, score_drifting_nights
from tests.support.nightly_home import (
    FEW_TO_LABEL,
    QUIET,
    ROWS,
    assert_nights_complete,
    deliver_dump,
    nightly,
    records,
    steps,
)
from tests.support.warehouse_holder import held_open

ALL_DONE = {"score": "done", "load": "fresh", "monitor": "done", "relabel pick": "done"}
ALL_FRESH = dict.fromkeys(ALL_DONE, "fresh")


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=50, more=QUIET)
    deliver_dump(home)
    return home


@pytest.fixture
def scored_home(shared_home: Callable[..., Home], copy_of_home: Callable[[Home], Home]) -> Home:
    """The same, scored by hand."""

    def fill(home: Home) -> None:
        deliver_dump(home)
        home.score().succeeded()

    return copy_of_home(shared_home("night-scored", fill, rows=50, more=QUIET))


@pytest.fixture
def done_home(shared_home: Callable[..., Home], copy_of_home: Callable[[Home], Home]) -> Home:
    """The same after its night."""

    def fill(home: Home) -> None:
        deliver_dump(home)
        nightly(home).succeeded()

    return copy_of_home(shared_home("night-done", fill, rows=50, more=QUIET))


def test_a_night_and_again(home: Home) -> None:
    ran = nightly(home).succeeded()
    assert f"{ROWS} rows scored" in ran.out
    assert "12 rows to label" in ran.out
    assert_nights_complete(home, [DAY])
    files = {path: path.stat().st_mtime_ns for path in home.root.rglob("*") if path.is_file()}
    for _ in range(2):
        assert steps(home) == ALL_FRESH
    changed = {path.parent.name for path, at in files.items() if path.stat().st_mtime_ns != at}
    assert changed <= {"runs"}, "nothing was missing, so nothing but the record changes"
    assert_nights_complete(home, [DAY])
    (record,) = records(home)
    assert record["figures"]["checked_at"] > record["finished_at"]
    assert home.query("SELECT state FROM runs WHERE job = 'nightly'") == [("done",)]
    shown = (
        yeban("runs", "show", record["run_id"], "--home", home.root).succeeded().out.partition("one after the other")[2]
    )
    assert re.findall(r"^ *([a-z ]+?)  +[\d.]+ s  (\w+)", shown, re.M) == list(ALL_DONE.items())


@pytest.mark.parametrize(
    ("command", "left"),
    [
        (("score",), {"score": "fresh", "load": "fresh", "monitor": "done", "relabel pick": "done"}),
        (("score", "monitor"), {"score": "fresh", "load": "fresh", "monitor": "done", "relabel pick": "done"}),
    ],
)
def test_what_somebody_did_by_hand_is_not_done_again(
    scored_home: Home, command: tuple[str, ...], left: dict[str, str]
) -> None:
    home = scored_home
    for each in command[1:]:
        yeban(each, home.task, "--date", DAY, "--home", home.root).succeeded()
    assert steps(home) == left
    assert_nights_complete(home, [DAY])


def test_a_batch_by_hand_is_not_that_of_the_night(scored_home: Home) -> None:
    home = scored_home
    yeban("relabel", "pick", home.task, "--budget", 5, "--home", home.root).succeeded()
    assert steps(home)["relabel pick"] == "done"
    assert home.query("SELECT budget FROM relabel_batches ORDER BY created_at") == [(5,), (12,)]


def test_a_file_that_comes_late_makes_stale_what_rests_on_it(done_home: Home) -> None:
    home = done_home
    deliver_dump(home, name="b.parquet")
    ran = nightly(home).succeeded()
    assert f"{ROWS} rows scored, {ROWS} done before" in ran.out
    assert [each["state"] for each in records(home, "monitor")] == ["done", "done"]
    assert len(records(home, "relabel pick")) == 1, "people are asked once a night"
    assert steps(home) == ALL_FRESH
    assert home.count() == 2 * ROWS


def test_a_changed_file_too(done_home: Home) -> None:
    home = done_home
    deliver_dump(home, rows=80)
    assert steps(home) == {**ALL_DONE, "relabel pick": "fresh"}
    assert home.count() == 80


def test_a_lost_warehouse_is_filled_again(done_home: Home) -> None:
    home = done_home
    home.warehouse.unlink()
    states = steps(home)
    assert (states["score"], states["load"]) == ("fresh", "done")
    assert home.count() == ROWS
    assert home.query("SELECT count(*) FROM relabel_batches") == [(1,)]


def test_lost_parts_cost_nothing(done_home: Home) -> None:
    home = done_home
    for part in (home.root / "parts").rglob("part-*"):
        part.unlink()
    assert steps(home) == ALL_FRESH


def test_no_dump(home: Home) -> None:
    ran = nightly(home, NEXT_DAY).failed_with(1, "no Parquet file for 2026-01-06")
    assert "it needs score" in ran.out
    (record,) = records(home)
    assert record["state"] == "failed"
    assert {name: each["state"] for name, each in record["figures"]["steps"].items()} == {
        "score": "failed",
        "load": "waiting",
        "monitor": "waiting",
        "relabel pick": "waiting",
    }
    deliver_dump(home, NEXT_DAY)
    assert steps(home, NEXT_DAY) == ALL_DONE


def test_a_torn_file_stops_no_other_and_its_mending_is_taken_up(home: Home) -> None:
    deliver_dump(home, name="b.parquet")
    whole = (home.folder() / "b.parquet").read_bytes()
    (home.folder() / "b.parquet").write_bytes(whole[: len(whole) // 2])
    ran = nightly(home)
    assert ran.code == 1
    assert "b.parquet" in ran.err
    assert home.count() == ROWS
    (record,) = records(home)
    assert {name: each["state"] for name, each in record["figures"]["steps"].items()} == {
        **ALL_DONE,
        "score": "partial",
    }
    assert steps(home)["score"] == "partial", "it is tried each time"
    (home.folder() / "b.parquet").write_bytes(whole)
    assert nightly(home).succeeded()
    assert home.count() == 2 * ROWS
    assert [each["state"] for each in records(home)] == ["failed", "failed", "done"]
    assert len(records(home, "relabel pick")) == 1


def test_a_locked_warehouse_leaves_what_needs_it(done_home: Home) -> None:
    home = done_home
    deliver_dump(home, NEXT_DAY)
    with held_open(home.warehouse) as pid:
        ran = nightly(home, NEXT_DAY)
        assert ran.code == 1
        assert f"process {pid} has it open" in ran.err
        assert [each["state"] for each in records(home)] == ["done", "staged"]
    assert {name: each["state"] for name, each in records(home)[-1]["figures"]["steps"].items()} == {
        "score": "done",
        "load": "locked",
        "monitor": "done",
        "relabel pick": "waiting",
    }
    assert steps(home, NEXT_DAY) == {**ALL_DONE, "score": "fresh", "load": "done"}
    assert_nights_complete(home, [DAY, NEXT_DAY])


def test_an_alert_is_an_exit_code_and_fails_nothing(new_home: Callable[..., Home]) -> None:
    home = new_home(rows=400, more=TELLING + FEW_TO_LABEL)
    score_drifting_nights(home)
    assert nightly(home, DAY).without_traceback().code == 0
    assert nightly(home, NEXT_DAY).without_traceback().code == 3
    assert nightly(home, NEXT_DAY).without_traceback().code == 3, "it is still so"
    assert [each["name"] for each in delivered_alerts(home)] == ["empty_share"]
    assert [each["state"] for each in records(home)] == ["done", "done"]
    dump_night(home, "2026-01-07", empty_each=DRIFTED)
    (home.folder("2026-01-07") / "b.parquet").write_bytes(b"torn")
    assert nightly(home, "2026-01-07").code == 1, "what failed is more serious"


def test_a_step_may_be_left_out(home: Home) -> None:
    assert steps(home, DAY, "--without", "relabel pick", "--without", "monitor") == {"score": "done", "load": "fresh"}
    assert steps(home) == {**ALL_FRESH, "monitor": "done", "relabel pick": "done"}
    nightly(home, DAY, "--without", "sore").failed_with(2, "no such step", "relabel pick")


def test_mistakes_are_configuration(home: Home) -> None:
    yeban("nightly", "coment", "--date", DAY, "--home", home.root).failed_with(2, "did you mean 'comment'?")
    yeban("nightly", "comment", "--date", "soon", "--home", home.root).failed_with(2, "'soon' is no date")
    assert records(home) == []


def test_a_mistake_within_a_step_is_configuration_too(home: Home) -> None:
    home.change('text = "text"', 'text = "txt"')
    assert nightly(home).code == 1  # a column that is not there: the dump's fault as likely as the file's
    home.change('input = "dumps/comment/dt={date}"', "input = []")
    nightly(home).failed_with(2, "has no input")


def test_a_missing_bundle_is_on_record(home: Home, tmp_path: Path) -> None:
    shutil.copytree(home.bundle, tmp_path / "other")
    home.change(str(home.bundle), str(tmp_path / "other"))
    shutil.rmtree(tmp_path / "other")
    assert nightly(home).code == 1
    (record,) = records(home)
    assert (record["state"], record["logical_date"]) == ("failed", DAY)


def test_an_empty_dump_is_a_night(home: Home) -> None:
    home.dump("a.parquet", [], day=NEXT_DAY, id=[])
    ran = nightly(home, NEXT_DAY).without_traceback()
    assert ran.code == 3, "nothing was delivered: somebody should look"
    assert "relabel pick done" in ran.out
    nightly(home, NEXT_DAY).without_traceback()
    assert [each["state"] for each in records(home)] == ["done"]


def test_it_is_the_same_in_a_process_of_its_own_and_the_second_is_turned_away(home: Home) -> None:
    from jobs.runs.locks import task_lock

    with task_lock(home.root / "locks", "comment", "nightly"):
        ran = yeban_process("nightly", "comment", "--date", DAY, cwd=home.root)
        ran.failed_with(75, "another nightly run of task 'comment' is under way")
    with task_lock(home.root / "locks", "comment"):
        assert nightly(home).code == 75
        assert steps(home)["score"] == "locked"
    ran = yeban_process("nightly", "comment", "--date", DAY, "--json", cwd=home.root).succeeded()
    assert json.loads(ran.out)["state"] == "done"
    assert_nights_complete(home, [DAY])


@pytest.mark.parametrize("job", ["score", "load"])
def test_a_run_that_was_cut_off_after_its_last_row_is_closed_by_the_next_and_nobody_is_called(
    scored_home: Home, job: str
) -> None:
    home = scored_home
    if job == "load":
        home.warehouse.unlink()
        home.load().succeeded()
    runs = RunLog(home.root / "runs")
    newest = runs.list(home.task)[0]
    assert newest.job == job
    runs.write(replace(newest, state="running", finished_at=None, pid=1 << 30))
    ran = nightly(home).succeeded()  # code 3 would call somebody
    assert f"{job}        "[:11] + "  done" in ran.out
    assert [each["state"] for each in records(home, job)] == ["interrupted", "done"]
    assert steps(home) == ALL_FRESH
    assert_nights_complete(home, [DAY])


def test_a_night_that_was_run_in_part_is_not_done(home: Home) -> None:
    """By hand with a step left out, or over other files: the scheduler still has its night to run."""
    at = datetime.now(UTC)

    def is_settled() -> bool:
        settled = HomeRecords(find_home(home.root, home.root)).settled(home.task)
        return settled(Occasion(date.fromisoformat(DAY), at))

    other = home.dump("other.parquet", ["很好", "太差"], day=NEXT_DAY)
    for part in (("--without", "monitor"), ("--input", other)):
        nightly(home, DAY, *part).without_traceback()
        assert not is_settled()
    nightly(home).without_traceback()
    assert is_settled()
    with home.config.open("a", encoding="utf-8") as config:
        config.write(f'[[schedule.jobs]]\ntask = "{home.task}"\nwithout = ["monitor"]\n')
    deliver_dump(home, NEXT_DAY)
    nightly(home, NEXT_DAY, "--without", "monitor").without_traceback()
    assert "left_out" not in records(home)[-1]["figures"]
