"""Ctrl-C and SIGTERM while DuckDB works: a stop like any other, however DuckDB dresses it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.command import CommandResult, environment, yeban
from tests.support.homes import Home, comments, covered_once

ENDLESS = "SELECT md5(range::VARCHAR) AS text FROM range(20_000_000)"
STOPPED = """
import os, signal, sys, threading
import {module} as module
how, real = signal.Signals[sys.argv.pop()], module.{function}

def stopped(*args):
    threading.Timer(0.5, os.kill, (os.getpid(), how)).start()
    {before}
    return real(*args)

module.{function} = stopped
from jobs.cli.app import main
main()
"""
LOADING = {
    "module": "storage.warehouse.loader",
    "function": "_insert_predictions",
    "before": f"args[0].execute('CREATE TEMP TABLE endless AS {ENDLESS}')",
}
READING = {"module": "models.training.data", "function": "_query", "before": ""}


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=100)
    home.dump("a.parquet", comments(300)[0])
    return home


def stop(how: signal.Signals, patch: dict[str, str], *command: object) -> CommandResult:
    """Run a command in a process of its own, which gets a signal while DuckDB is busy."""
    done = subprocess.run(
        [sys.executable, "-c", STOPPED.format(**patch), *map(str, command), how.name],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    return CommandResult(done.returncode, done.stdout, done.stderr).without_traceback()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_while_rows_are_loaded(home: Home, how: signal.Signals, code: int) -> None:
    home.score().succeeded()
    home.warehouse.unlink()
    ran = stop(how, LOADING, "load", "--home", home.root)
    assert ran.code == code, ran.output
    assert "yeban: stopped" in ran.err
    newest = json.loads(yeban("runs", "list", "--json", "--home", home.root).out)[0]
    assert (newest["job"], newest["state"]) == ("load", "interrupted")
    home.load().succeeded()
    assert covered_once(home, {"a.parquet": 300})


def test_a_stop_while_labelled_rows_are_read(home: Home) -> None:
    data = ("--data", home.folder() / "a.parquet", "--label-column", "id", "--where", f"text IN ({ENDLESS})")
    ran = stop(signal.SIGINT, READING, "evaluate", "comment", *data, "--home", home.root)
    assert ran.code == 130, ran.output
    assert "yeban: stopped" in ran.err
