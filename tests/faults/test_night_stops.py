"""Nights that are killed or told to stop at each of their steps: the same command ends them, once."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import start_yeban
from tests.support.homes import DAY, Home
from tests.support.nightly_home import QUIET, assert_nights_complete, deliver_dump, nightly, records
from tests.support.waiting import PATIENCE_S, wait_until


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Callable[[str], Path]) -> Home:
    """Never touched: a night that was delivered and not begun."""
    home = Home(tmp_path_factory.mktemp("delivered") / "home", "comment", tiny_bundle("comment"))
    home.root.mkdir()
    home.configure(rows=20, more=QUIET)
    deliver_dump(home)
    return home


def exists(pattern: str) -> Callable[[Home], bool]:
    return lambda home: next(home.root.glob(pattern), None) is not None


def says(word: str) -> Callable[[Home], bool]:
    """Whether a record of the night tells of a step."""
    return lambda home: any(word in file.read_text("utf-8") for file in home.root.glob("runs/[!.]*.json"))


SLOT = f"task=comment/logical_date={DAY}/bundle=*"
LOAD_STEP = "the load step"
"""The night was scored and its rows are not in the warehouse."""
MOMENTS: dict[str, Callable[[Home], bool]] = {
    "under way": exists("locks/nightly-comment.holder.json"),
    "planned": exists(f"parts/{SLOT}/_plan.json"),
    "scoring": exists(f"parts/{SLOT}/part-*.parquet"),
    "loading": exists("yeban.duckdb"),
    LOAD_STEP: exists("yeban.duckdb"),
    "score noted": says('"steps"'),
    "monitoring": exists("locks/monitor-comment.holder.json"),
    "monitored": exists(f"nights/{SLOT}/night.json"),
    "picking": exists("locks/relabel-comment.holder.json"),
    "half a batch": exists("relabel/task=comment/*/items.parquet"),
    "a batch": exists("relabel/task=comment/*/batch.json"),
}
OFTEN = {
    signal.SIGKILL: ("scoring", "loading", LOAD_STEP, "monitoring", "a batch"),
    signal.SIGTERM: ("scoring", "monitoring"),
}
"""One of each step; the other moments are left to the long tests."""
CASES = [
    pytest.param(moment, how, id=f"{moment}-{how.name}", marks=[] if moment in OFTEN[how] else [pytest.mark.slow])
    for moment in MOMENTS
    for how in (signal.SIGKILL, signal.SIGTERM)
]


def stop_when(home: Home, ready: Callable[[Home], bool], how: signal.Signals, log: Path) -> int:
    """Start a night and send it a signal once something is there; how it ended."""
    with start_yeban("nightly", "comment", "--date", DAY, "--home", home.root, log=log) as process:
        wait_until(lambda: ready(home), process, must_run=False, poll_s=0)
        process.send_signal(how)
        return process.wait(PATIENCE_S)


@pytest.mark.parametrize(("moment", "how"), CASES)
def test_the_same_command_goes_on(delivered: Home, tmp_path: Path, moment: str, how: signal.Signals) -> None:
    home = Home(shutil.copytree(delivered.root, tmp_path / "home"), delivered.task, delivered.bundle)
    if moment == LOAD_STEP:
        home.score().succeeded()
        home.warehouse.unlink()
    code = stop_when(home, MOMENTS[moment], how, tmp_path / "log")
    log = (tmp_path / "log").read_text("utf-8")
    assert code == (-signal.SIGKILL if how == signal.SIGKILL else 143), log
    assert "Traceback" not in log
    (record,) = records(home) or [None]
    if record is not None:  # else it was stopped before the first record
        assert record["state"] == "interrupted"
        assert (record["finished_at"] is None) == (how == signal.SIGKILL)
    if how == signal.SIGTERM:
        assert "the same command goes on from here" in log
        assert list(home.root.glob("locks/*.holder.json")) == []
        assert list(home.root.rglob(".tmp-*")) == []
    nightly(home).succeeded()
    assert_nights_complete(home, [DAY])
    parts = list(home.root.glob(f"parts/{SLOT}/part-*.parquet"))
    assert len(parts) == 6
