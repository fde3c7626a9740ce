"""Two runs at once, and runs that are stopped: the second is turned away, and a stop costs nothing."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command import Running, start_yeban, yeban, yeban_process
from tests.support.homes import DAY, Home, comments, covered_once
from tests.support.waiting import wait_until

ROWS = 3_000
PATIENCE_S = 120.0


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=100)
    home.dump("a.parquet", comments(ROWS)[0])
    return home


@contextmanager
def running(home: Home, log: Path) -> Iterator[Running]:
    """A run that has staged its first units and is paused there."""
    process = start_yeban("score", "comment", "--date", DAY, "--home", home.root, log=log)
    try:
        wait_until(lambda: len(home.parts()) >= 2, process)
        process.send_signal(signal.SIGSTOP)
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_second_run_of_a_task_is_turned_away_and_told_by_whom(
    home: Home, tmp_path: Path, tiny_bundle: Callable[[str], Path]
) -> None:
    with home.config.open("a", encoding="utf-8") as config:
        config.write(f'[tasks.weibo]\nbundle = "{tiny_bundle("weibo")}"\n')
    with running(home, tmp_path / "log") as first:
        second = yeban_process("score", "comment", "--date", DAY, cwd=home.root)
        second.failed_with(75, "another run of task 'comment' is under way", f"pid {first.pid} on ")
        yeban("load", "--home", home.root).failed_with(75, f"pid {first.pid} on ")
        assert json.loads(yeban("runs", "list", "--json", "--home", home.root).out)[0]["state"] == "running"
        other = ("weibo", "--date", DAY, "--input", home.folder() / "a.parquet")
        yeban("score", *other, "--home", home.root).succeeded()  # another task is not in the way
        home.warehouse.unlink()
        load = yeban("load", "--home", home.root).failed_with(75, f"pid {first.pid} on ")
        assert f"weibo {DAY}" in load.out
        assert f"{ROWS:,} rows loaded" in load.out
        first.send_signal(signal.SIGCONT)
        assert first.wait(PATIENCE_S) == 0, (tmp_path / "log").read_text()
    assert home.query("SELECT task, count(*) FROM predictions GROUP BY ALL ORDER BY ALL") == [
        ("comment", ROWS),
        ("weibo", ROWS),
    ]
    assert "0 scored now" in home.score().succeeded().out


def test_a_killed_run_leaves_no_lock_and_reads_as_interrupted(home: Home, tmp_path: Path) -> None:
    with running(home, tmp_path / "log"):
        pass
    listed = json.loads(yeban("runs", "list", "--json", "--home", home.root).out)
    assert [each["state"] for each in listed] == ["interrupted"]
    home.score().succeeded()
    assert covered_once(home, {"a.parquet": ROWS})
    assert home.query("SELECT state FROM runs ORDER BY started_at") == [("interrupted",), ("done",)]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_keeps_what_was_finished(home: Home, tmp_path: Path, how: signal.Signals, code: int) -> None:
    log = tmp_path / "log"
    with running(home, log) as process:
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        assert process.wait(PATIENCE_S) == code, log.read_text()
    said = log.read_text()
    assert "the same command goes on from here" in said
    assert "Traceback" not in said
    listed = json.loads(yeban("runs", "list", "--json", "--home", home.root).out)
    assert [each["state"] for each in listed] == ["interrupted"]
    assert list(home.root.rglob(".tmp-*")) == []
    finished = len(home.parts()) * 100
    assert 0 < finished < ROWS
    assert f"{ROWS - finished:,} scored now, {finished:,} done before" in home.score().succeeded().out
    assert covered_once(home, {"a.parquet": ROWS})
