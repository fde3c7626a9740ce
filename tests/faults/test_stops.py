"""Ctrl-C and SIGTERM while DuckDB works: a stop like any other, however DuckDB dresses it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jobs.cli.app import main
from models.training import data
from storage.warehouse import loader
from tests.support.command import CommandResult, environment, yeban
from tests.support.forked_processes import ForkedFunction
from tests.support.homes import Home, comments, covered_once

ENDLESS = "SELECT md5(range::VARCHAR) AS text FROM range(20_000_000)"


def stop_while_loading(how: str, *command: str) -> None:
    """Runs in another process: the signal comes while DuckDB inserts rows."""
    _stop_in(loader, "_insert_predictions", how, command, lambda con: con.execute(f"CREATE TEMP TABLE t AS {ENDLESS}"))


def stop_while_reading(how: str, *command: str) -> None:
    """Runs in another process: the signal comes while DuckDB reads labelled rows."""
    _stop_in(data, "_query", how, command, lambda _: None)


def _stop_in(
    module: ModuleType, function: str, how: str, command: Sequence[str], before: Callable[[Any], object]
) -> None:
    real = getattr(module, function)

    def stopped(*args: Any) -> Any:
        threading.Timer(0.5, os.kill, (os.getpid(), signal.Signals[how])).start()
        before(args[0])
        return real(*args)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    setattr(module, function, stopped)
    sys.argv = ["yeban", *command]
    main()


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=100)
    home.dump("a.parquet", comments(300)[0])
    return home


def stop(how: signal.Signals, function: str, tmp_path: Path, *command: object) -> CommandResult:
    """Run a command in a process of its own, which gets a signal while DuckDB is busy."""
    outputs = (tmp_path / "out", tmp_path / "err")
    with ForkedFunction(__name__, function, how.name, *command, outputs=outputs, env=environment()) as process:
        code = process.wait(120)
    return CommandResult(code, *(file.read_text("utf-8") for file in outputs)).without_traceback()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_while_rows_are_loaded(home: Home, tmp_path: Path, how: signal.Signals, code: int) -> None:
    home.score().succeeded()
    home.warehouse.unlink()
    ran = stop(how, "stop_while_loading", tmp_path, "load", "--home", home.root)
    assert ran.code == code, ran.output
    assert "yeban: stopped" in ran.err
    newest = json.loads(yeban("runs", "list", "--json", "--home", home.root).out)[0]
    assert (newest["job"], newest["state"]) == ("load", "interrupted")
    home.load().succeeded()
    assert covered_once(home, {"a.parquet": 300})


def test_a_stop_while_labelled_rows_are_read(home: Home, tmp_path: Path) -> None:
    rows = ("--data", home.folder() / "a.parquet", "--label-column", "id", "--where", f"text IN ({ENDLESS})")
    ran = stop(signal.SIGINT, "stop_while_reading", tmp_path, "evaluate", "comment", *rows, "--home", home.root)
    assert ran.code == 130, ran.output
    assert "yeban: stopped" in ran.err
