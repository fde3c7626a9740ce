"""Real processes: they are waited for, stopped in time, and never begun after a stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from jobs.schedule import children
from jobs.schedule.children import Children
from tests.support.waiting import wait_until

PROGRAM = """
import os, signal, sys, time
kind, folder = sys.argv[1:]
if kind == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if kind == "tidy":
    signal.signal(signal.SIGTERM, lambda *_: (open(folder + "/tidied", "w").close(), sys.exit(143)))
open(folder + "/began", "w").write(f"{os.getpid()} {os.getsid(0)}")
if kind == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if kind != "quick":
    time.sleep(60)
sys.exit(3)
"""


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of `yeban`: a program that does what its first argument says."""
    monkeypatch.setattr(children, "_YEBAN", (sys.executable, "-c", PROGRAM))


def begun(folder: Path) -> tuple[int, int]:
    text = wait_until(lambda: (folder / "began").exists() and (folder / "began").read_text())
    pid, session = text.split()
    return int(pid), int(session)


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize(("kind", "code"), [("quick", 3), ("killed", -signal.SIGKILL)])
def test_how_it_ended(tmp_path: Path, kind: str, code: int) -> None:
    assert Children(5).run([kind, str(tmp_path)], 60) == code
    pid, session = begun(tmp_path)
    assert session == pid != os.getsid(0)


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize(("kind", "code"), [("tidy", 143), ("deaf", -signal.SIGKILL)])
def test_one_that_takes_too_long_is_stopped(tmp_path: Path, kind: str, code: int) -> None:
    assert Children(0.3).run([kind, str(tmp_path)], 1.5) == code
    assert (tmp_path / "tidied").exists() == (kind == "tidy")


@pytest.mark.usefixtures("program")
def test_a_stop_waits_and_nothing_begins_after_it(tmp_path: Path) -> None:
    some, codes = Children(20), []
    thread = threading.Thread(target=lambda: codes.append(some.run(["tidy", str(tmp_path)], 60)))
    thread.start()
    begun(tmp_path)
    some.stop()
    thread.join(20)
    assert codes == [143]
    (tmp_path / "began").unlink()
    assert some.run(["quick", str(tmp_path)], 60) == -signal.SIGTERM
    assert not (tmp_path / "began").exists()


def test_one_that_can_not_be_started_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_YEBAN", ("/no/such/program",))
    assert Children(5).run(["nightly"], 60) == children.FAILED


def test_it_runs_this_program_whatever_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "__init__.py").write_text("raise SystemExit(99)")
    monkeypatch.chdir(tmp_path)
    assert Children(5).run(["--help"], 60) == 0
    assert Children(5).run(["no-such-command"], 60) == 2
