from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from monitoring.alerts.sinks.command import CommandSink
from monitoring.findings.judgement import read_alert
from storage.errors import SinkFailed
from tests.support.sample_findings import alert

ALERTS = [alert(0), alert(1, message="一行")]


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


class TestCommand:
    def test_it_reads_the_alerts_from_its_standard_input(self, tmp_path: Path) -> None:
        CommandSink(python("import sys; open('got', 'wb').write(sys.stdin.buffer.read())"), tmp_path).send(ALERTS)
        got = json.loads((tmp_path / "got").read_bytes())
        assert [read_alert(json.dumps(each).encode()) for each in got["alerts"]] == ALERTS

    def test_no_shell_reads_its_arguments(self, tmp_path: Path) -> None:
        code = "import sys; open('got', 'w').write(sys.argv[1])"
        CommandSink((*python(code), "$HOME; touch x"), tmp_path).send(ALERTS)
        assert (tmp_path / "got").read_text() == "$HOME; touch x"
        assert not (tmp_path / "x").exists()

    def test_one_that_never_reads_may_still_do(self, tmp_path: Path) -> None:
        CommandSink(python(""), tmp_path).send([alert(number) for number in range(2000)])

    def test_an_exit_code_is_a_failure_with_its_last_words(self, tmp_path: Path) -> None:
        with pytest.raises(SinkFailed, match="ended with 1: 没有网络"):
            CommandSink(python("import sys; sys.exit('first\\n没有网络')"), tmp_path).send(ALERTS)

    def test_one_that_hangs_is_killed_with_its_children(self, tmp_path: Path) -> None:
        code = (
            "import subprocess, sys, time\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
            "open('pid.tmp', 'w').write(str(child.pid))\n"
            "import os; os.rename('pid.tmp', 'pid')\n"
            "time.sleep(60)"
        )
        started = time.monotonic()
        with pytest.raises(SinkFailed, match="took longer than 3 s"):
            CommandSink(python(code), tmp_path, timeout_s=3).send(ALERTS)
        assert time.monotonic() - started < 30
        child = int((tmp_path / "pid").read_text())
        deadline = time.monotonic() + 10
        while is_running(child) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not is_running(child)

    def test_a_missing_program_is_a_failure(self, tmp_path: Path) -> None:
        with pytest.raises(SinkFailed, match="can't be started"):
            CommandSink((str(tmp_path / "missing"),), tmp_path).send(ALERTS)


def is_running(pid: int) -> bool:
    """A killed orphan may stay a zombie where nobody waits for it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
