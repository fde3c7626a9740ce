"""How a night goes through its steps: what fails stays in its step, and what needs it waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.config.model import Config
from jobs.nightly.night import run_steps
from jobs.nightly.report import StepReport, steps_of, worst_code
from jobs.nightly.slot_view import SlotView
from jobs.nightly.steps import STEPS, Night, Step, StepResult
from jobs.runs.context import quiet_context, system_clock
from jobs.runs.record import recorded_run
from models.bundle import open_bundle
from models.registry import EMBEDDED
from storage.errors import ConfigError, NoInput, RunLocked, WarehouseLocked, YebanError
from storage.records import Slot
from storage.runs.log import RunLog

SLOT = Slot("comment", date(2026, 1, 5), "b1")
NEEDS = {"score": (), "load": ("score",), "monitor": ("score",), "relabel pick": ("load",)}


class Tried:
    """Steps of a night whose work is to fail or not; runs them as a night does.

    Args:
        root: The home.
        ends: What the work of a step raises or returns.
    """

    def __init__(self, root: Path, **ends: BaseException | StepResult) -> None:
        self.runs = RunLog(root / "runs")
        bundle = open_bundle(EMBEDDED / "comment")  # no step here looks at it
        home = Home(root, Config())
        self.night = Night(home, SLOT, bundle, SlotView(home, SLOT, ()), quiet_context())
        self.ends, self.worked = {name.replace("_", " "): end for name, end in ends.items()}, []

    def run(self, missing: Callable[[str, str], str] = lambda _name, _stamp: "new", **known: StepReport) -> None:
        steps = [self._step(name, needs, missing) for name, needs in NEEDS.items()]
        with recorded_run(self.runs, "nightly", SLOT, system_clock) as tally:
            self.reports = run_steps(steps, self.night, known, tally)
        self.record = self.runs.get(tally.run_id)

    def states(self) -> dict[str, str]:
        return {name: report.state for name, report in self.reports.items()}

    def _step(self, name: str, needs: tuple[str, ...], missing: Callable[[str, str], str]) -> Step:
        def work(_: Night) -> StepResult:
            self.worked.append(name)
            end = self.ends.get(name, StepResult())
            if isinstance(end, BaseException):
                raise end
            return end

        return Step(name, needs, lambda _, stamp: missing(name, stamp), work, lambda _: f"{name} as it is")


WENT_WELL = {"score": "done", "load": "done", "monitor": "done", "relabel pick": "done"}


def test_the_needs_here_are_those_of_the_table() -> None:
    assert {name: step.needs for name, step in STEPS.items()} == NEEDS


def test_all_goes_well(tmp_path: Path) -> None:
    night = Tried(tmp_path)
    night.run()
    assert night.states() == WENT_WELL
    assert (night.record.state, worst_code(night.reports)) == ("done", 0)
    assert steps_of(night.record) == night.reports


@pytest.mark.parametrize(
    ("step", "error", "state", "others", "code", "run"),
    [
        ("score", NoInput("no dump"), "failed", ("load", "monitor", "relabel pick"), 1, "failed"),
        ("score", RunLocked("held"), "locked", ("load", "monitor", "relabel pick"), 75, "failed"),
        ("score", ConfigError("no input"), "failed", ("load", "monitor", "relabel pick"), 2, "failed"),
        ("load", WarehouseLocked("held"), "locked", ("relabel pick",), 1, "staged"),
        ("load", YebanError("torn"), "failed", ("relabel pick",), 1, "failed"),
        ("monitor", YebanError("damaged"), "failed", (), 1, "failed"),
        ("monitor", OSError("no such device"), "failed", (), 1, "failed"),
        ("monitor", ZeroDivisionError("a bug"), "failed", (), 1, "failed"),
        ("monitor", MemoryError(), "failed", (), 1, "failed"),
        ("relabel_pick", ConfigError("no golden file"), "failed", (), 2, "failed"),
    ],
)
def test_a_failure_stays_in_its_step(
    tmp_path: Path, step: str, error: Exception, state: str, others: tuple[str, ...], code: int, run: str
) -> None:
    night = Tried(tmp_path, **{step: error})
    night.run()
    name = step.replace("_", " ")
    assert night.states() == {**WENT_WELL, name: state, **dict.fromkeys(others, "waiting")}
    assert set(night.worked) == set(NEEDS) - set(others)
    assert (worst_code(night.reports), night.record.state) == (code, run)
    assert night.reports[name].failures


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(143)])
def test_a_stop_is_a_stop_and_what_was_done_is_on_record(tmp_path: Path, stop: BaseException) -> None:
    night = Tried(tmp_path, monitor=stop)
    with pytest.raises(type(stop)):
        night.run()
    (record,) = night.runs.list()
    assert record.state == "interrupted"
    assert {name: each.state for name, each in steps_of(record).items()} == {"score": "done", "load": "done"}


def test_each_step_is_on_record_before_the_next_begins(tmp_path: Path) -> None:
    night, seen = Tried(tmp_path), []

    def missing(name: str, _stamp: str) -> str:
        (file,) = (tmp_path / "runs").glob("*.json")
        seen.append((name, [*json.loads(file.read_text())["figures"].get("steps", {})]))
        return "new"

    night.run(missing)
    assert seen == [
        ("score", []),
        ("load", ["score"]),
        ("monitor", ["load", "score"]),
        ("relabel pick", ["load", "monitor", "score"]),
    ]


def test_what_is_left_out_makes_a_night_that_is_not_done(tmp_path: Path) -> None:
    night = Tried(tmp_path, score=StepResult("half", (NoInput("b.parquet is torn"),)))
    night.run()
    assert night.states() == {**WENT_WELL, "score": "partial"}
    assert (night.record.state, worst_code(night.reports)) == ("failed", 1)
    assert night.reports["score"].stamp == "", "it is not done as it is"


def test_what_is_not_missing_is_left_alone(tmp_path: Path) -> None:
    night = Tried(tmp_path)
    before = StepReport("done", stamp="monitor as it is", note="well", code=3, alerted=True)
    failed_once = StepReport("partial", failures=("torn",), code=1)
    night.run(lambda name, stamp: "" if name == "score" or stamp else "new", monitor=before, score=failed_once)
    assert night.worked == ["load", "relabel pick"]
    assert night.states() == {**WENT_WELL, "score": "fresh", "monitor": "fresh"}
    assert night.reports["score"].code == 0
    assert night.reports["monitor"].stamp == "monitor as it is"
    assert worst_code(night.reports) == 3, "the alert is still there"


def test_an_alert_is_less_than_a_failure(tmp_path: Path) -> None:
    night = Tried(tmp_path, monitor=StepResult(alerted=True))
    night.run()
    assert (worst_code(night.reports), night.record.state) == (3, "done")
    worse = Tried(tmp_path / "worse", monitor=StepResult(alerted=True), relabel_pick=RunLocked("held"))
    worse.run()
    assert worst_code(worse.reports) == 75


def test_a_record_of_another_version_tells_nothing(tmp_path: Path) -> None:
    night = Tried(tmp_path)
    night.run()
    for figures in ({}, {"steps": []}, {"steps": {"score": {"stat": "done"}}}, {"steps": {"score": 5}}):
        assert steps_of(type(night.record).from_dict({**night.record.as_dict(), "figures": figures})) == {}
